/**
 * The eight symmetries of a rectangle's grid, named by what was done to the picture:
 * `mirror` swaps left and right, `flip` swaps top and bottom, `rotate90` turns clockwise,
 * `transpose` reflects in the main diagonal and `transverse` in the other one.
 */
export const TRANSFORMS = [
  "identity",
  "mirror",
  "flip",
  "rotate90",
  "rotate180",
  "rotate270",
  "transpose",
  "transverse",
] as const;
export type Transform = (typeof TRANSFORMS)[number];

/**
 * What was done to a picture before it matched: one of the symmetries, after uniform borders were cut off where it is
 * called `trimmed`.
 */
export const MATCH_TRANSFORMS = [
  ...TRANSFORMS,
  "trimmed",
  "trimmed_mirror",
  "trimmed_flip",
  "trimmed_rotate90",
  "trimmed_rotate180",
  "trimmed_rotate270",
  "trimmed_transpose",
  "trimmed_transverse",
] as const;
export type MatchTransform = (typeof MATCH_TRANSFORMS)[number];

/** The name of a symmetry of the trimmed picture; of one that was trimmed already, that name. */
export function trimmedTransform(transform: MatchTransform): MatchTransform {
  const place = MATCH_TRANSFORMS.indexOf(transform);
  return MATCH_TRANSFORMS[TRANSFORMS.length + (place % TRANSFORMS.length)] ?? "trimmed";
}
