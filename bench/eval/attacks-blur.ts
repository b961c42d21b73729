import type { Attack } from "./attack.ts";
import { open, toPng } from "./base.ts";

/** Gaussian blur, sigma in pixels, and an unsharp mask. */
export const BLUR_ATTACKS: readonly Attack[] = [
  ...[1, 2, 4].map(
    (sigma): Attack => ({
      name: `blur-${sigma}`,
      family: "blur",
      group: sigma <= 2 ? "first" : "second",
      apply: (base) => toPng(open(base).blur(sigma)),
    }),
  ),
  {
    name: "sharpen",
    family: "blur",
    group: "second",
    apply: (base) => toPng(open(base).sharpen({ sigma: 2, m1: 1, m2: 3 })),
  },
];
