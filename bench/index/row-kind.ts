import type { PerceptualKind } from "../../src/fingerprint/fingerprint.ts";

/** How the bits of a row are drawn. */
export type RowKind = "uniform" | PerceptualKind;

/** The kind of hash whose order of bits and tables rows of this kind take. */
export function hashKindOf(kind: RowKind): PerceptualKind {
  return kind === "uniform" ? "pdq" : kind;
}
