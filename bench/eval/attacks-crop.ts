import type { Attack } from "./attack.ts";
import { type Base, open, toPng } from "./base.ts";

/**
 * `crop-N` takes N % off the width and N % off the height, half of it at each edge: `crop-10` keeps the central 90 % of
 * each side, which is what others call a crop of 5 % at each edge. `crop-right-20` takes 20 % off the width, at the right.
 */
export const CROP_ATTACKS: readonly Attack[] = [
  ...[5, 10, 20, 30, 50].map(
    (percent): Attack => ({
      name: `crop-${percent}`,
      family: "crop",
      group: "second",
      apply: (base) => toPng(centre(base, 1 - percent / 100)),
    }),
  ),
  {
    name: "crop-right-20",
    family: "crop",
    group: "second",
    apply: (base) =>
      toPng(open(base).extract({ left: 0, top: 0, width: Math.round(base.width * 0.8), height: base.height })),
  },
];

function centre(base: Base, kept: number) {
  const width = Math.round(base.width * kept);
  const height = Math.round(base.height * kept);
  const left = Math.floor((base.width - width) / 2);
  const top = Math.floor((base.height - height) / 2);
  return open(base).extract({ left, top, width, height });
}
