import type { Base } from "./base.ts";

/**
 * `first`: what happens to a copy without anyone hiding it, which the service is to find always. `second`: everything
 * else done to a copy once. `chain`: several of the first group, one after another.
 */
export type AttackGroup = "first" | "second" | "chain";

/** What attacks have in common: the documents have a table and a plot a family. */
export const FAMILIES = [
  "jpeg",
  "format",
  "resize",
  "blur",
  "noise",
  "tone",
  "symmetry",
  "exif",
  "rotate",
  "crop",
  "border",
  "caption",
  "overlay",
  "screenshot",
  "chain",
] as const;
export type Family = (typeof FAMILIES)[number];

/** One way to change a picture, with its parameters. The same base always gives the same bytes. */
export interface Attack {
  /** Unique, lower case, with the parameter: `jpeg-20`. */
  readonly name: string;
  readonly family: Family;
  readonly group: AttackGroup;
  /** The changed picture as the bytes of a file: PNG where the change has nothing to do with a format. */
  apply(base: Base): Promise<Buffer>;
}
