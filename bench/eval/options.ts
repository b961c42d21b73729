import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Attack } from "./attack.ts";
import { ATTACKS } from "./attacks.ts";

export interface EvalOptions {
  /** Folders of photos; none for the shared ones. */
  readonly photos: readonly string[];
  /** How many of the photos, evenly spread; Infinity for all. */
  readonly sample: number;
  readonly attacks: readonly Attack[];
  /** Folder for what was computed. */
  readonly cache: string;
  /** Whether docs/matching.md and its plots are written. */
  readonly write: boolean;
}

/** Reads the command line; docs/matching.md describes it. */
export function readOptions(args: readonly string[]): EvalOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      photos: { type: "string", multiple: true, default: [] },
      sample: { type: "string" },
      attacks: { type: "string" },
      cache: { type: "string", default: join(tmpdir(), "lookalike-eval") },
      write: { type: "boolean", default: false },
    },
  });
  const sample = values.sample === undefined ? Number.POSITIVE_INFINITY : Number(values.sample);
  if (!(sample >= 2)) throw new Error(`Expected at least 2 for --sample but received ${values.sample}`);
  return {
    photos: values.photos,
    sample,
    attacks: values.attacks === undefined ? ATTACKS : values.attacks.split(",").map(attackNamed),
    cache: values.cache,
    write: values.write,
  };
}

function attackNamed(name: string): Attack {
  const attack = ATTACKS.find((known) => known.name === name);
  if (attack === undefined) {
    throw new Error(`Expected attacks among ${ATTACKS.map((known) => known.name).join()} but received ${name}`);
  }
  return attack;
}
