import { permuteGrid, ROW_SYMMETRIES } from "./bit-grid.ts";
import type { Look, PerceptualKind, Variant } from "./fingerprint.ts";
import { MATCH_TRANSFORMS, TRANSFORMS, trimmedTransform } from "./transform.ts";

/** Everything a picture is searched by: each variant in each symmetry, in the order of MATCH_TRANSFORMS; at most 16. */
export function looksOf(variants: readonly Variant[]): Look[] {
  const looks = variants.flatMap(({ trimmed, pdq, blockhash }) =>
    TRANSFORMS.map((transform) => ({
      transform: trimmed ? trimmedTransform(transform) : transform,
      pdq: pdq[transform],
      blockhash: blockhash[transform],
    })),
  );
  return looks.sort((a, b) => MATCH_TRANSFORMS.indexOf(a.transform) - MATCH_TRANSFORMS.indexOf(b.transform));
}

/**
 * What a hash alone can be searched by, its picture not at hand: as it is, and of a blockhash the symmetries that keep its
 * rows rows, which only move its bits. PDQ's symmetries can't be told from its bits near enough.
 * @param hash 64 hex digits
 */
export function looksOfHash(kind: PerceptualKind, hash: string): Look[] {
  if (kind === "pdq") return [{ transform: "identity", pdq: hash, blockhash: null }];
  const turned = ROW_SYMMETRIES.map((transform) => ({ transform, pdq: null, blockhash: permuteGrid(hash, transform) }));
  return [{ transform: "identity", pdq: null, blockhash: hash }, ...turned];
}
