import { decodeFull } from "../../src/image/decode-image.ts";
import { seededBelow } from "../index/seeded-random.ts";
import type { Attack } from "./attack.ts";
import { type Base, seedOf } from "./base.ts";

/** `chain-2-a` to `chain-3-b`: 2 or 3 different attacks, drawn for each photo by its name, each on the file of the one before. */
export function chainsOf(attacks: readonly Attack[]): readonly Attack[] {
  return [2, 3].flatMap((length) =>
    ["a", "b"].map((letter): Attack => {
      const name = `chain-${length}-${letter}`;
      return {
        name,
        family: "chain",
        group: "chain",
        apply: (base) => applyAll(base, drawn(attacks, length, name, base)),
      };
    }),
  );
}

function drawn(attacks: readonly Attack[], length: number, name: string, { seed }: Base): Attack[] {
  const below = seededBelow(seed ^ seedOf(name));
  const left = [...attacks];
  return Array.from({ length }, () => left.splice(below(left.length), 1)).flat();
}

async function applyAll(base: Base, [first, ...rest]: readonly Attack[]): Promise<Buffer> {
  if (first === undefined) throw new RangeError("Expected at least one attack in a chain");
  const bytes = await first.apply(base);
  return rest.length === 0 ? bytes : await applyAll({ ...(await decodeFull(bytes)), seed: base.seed }, rest);
}
