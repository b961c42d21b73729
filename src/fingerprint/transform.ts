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
