import type { Attack } from "./attack.ts";
import { open, toPng } from "./base.ts";

/** Mirroring and turning that lose nothing; degrees clockwise. */
export const SYMMETRY_ATTACKS: readonly Attack[] = [
  { name: "mirror", family: "symmetry", group: "first", apply: (base) => toPng(open(base).flop()) },
  { name: "flip", family: "symmetry", group: "second", apply: (base) => toPng(open(base).flip()) },
  ...[90, 180, 270].map(
    (degrees): Attack => ({
      name: `rotate-${degrees}`,
      family: "symmetry",
      group: "first",
      apply: (base) => toPng(open(base).rotate(degrees)),
    }),
  ),
];
