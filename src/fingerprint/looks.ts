import type { Look, Variant } from "./fingerprint.ts";
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
