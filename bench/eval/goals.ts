import type { RuleName } from "./rules.ts";

/** A recall that someone else has reached, for one of the attacks. */
export interface Goal {
  readonly attack: string;
  readonly rule: RuleName;
  /** Percent. */
  readonly wanted: number;
  readonly reachedBy: string;
}

const THORN = "in Thorn's benchmark of 3,854 images, at a precision of 99.99 %";

/**
 * The best of PDQ, pHash and dHash (256 bits each) for the same or a milder attack
 * (thorn-oss/perception, docs/examples/benchmarking.rst).
 */
export const GOALS: readonly Goal[] = [
  { attack: "jpeg-75", rule: "fast", wanted: 99.9, reachedBy: `PDQ and pHash for JPEG 95 ${THORN}` },
  { attack: "resize-50", rule: "fast", wanted: 100, reachedBy: "pHash" },
  { attack: "blur-2", rule: "fast", wanted: 100, reachedBy: "pHash" },
  { attack: "vignette", rule: "fast", wanted: 100, reachedBy: "PDQ and pHash" },
  { attack: "watermark-25", rule: "fast", wanted: 100, reachedBy: "dHash; PDQ 99.0" },
  { attack: "rotate-4", rule: "robust", wanted: 59.6, reachedBy: "pHash; PDQ 54.5" },
  { attack: "crop-10", rule: "robust", wanted: 9.0, reachedBy: "PDQ, called a crop of 5 % at each edge" },
  { attack: "border-20-black", rule: "fast", wanted: 2.4, reachedBy: "pHash; PDQ 1.3" },
];
