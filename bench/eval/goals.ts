import type { RuleName } from "./rules.ts";

/** A recall that lists are to reach as they are by default, for every one of the attacks. */
export interface Goal {
  readonly what: string;
  readonly attacks: readonly string[];
  readonly rule: RuleName;
  /** Percent of copies. */
  readonly wanted: number;
}

const FIRST = 99.5;
const SECOND = 97;

export const GOALS: readonly Goal[] = [
  {
    what: "JPEG at quality 20 and more",
    rule: "fast",
    wanted: FIRST,
    attacks: ["jpeg-75", "jpeg-50", "jpeg-30", "jpeg-20"],
  },
  {
    what: "a quarter of the size and more",
    rule: "fast",
    wanted: FIRST,
    attacks: ["resize-75", "resize-50", "resize-25"],
  },
  { what: "WebP, AVIF", rule: "fast", wanted: FIRST, attacks: ["webp-75", "avif-50"] },
  { what: "blur up to 2", rule: "fast", wanted: FIRST, attacks: ["blur-1", "blur-2"] },
  {
    what: "gamma, contrast, saturation, grayscale",
    rule: "fast",
    wanted: FIRST,
    attacks: [
      "gamma-0.7",
      "gamma-1.4",
      "contrast-0.7",
      "contrast-1.3",
      "saturation-0.5",
      "saturation-1.5",
      "grayscale",
    ],
  },
  { what: "noise up to 10", rule: "fast", wanted: FIRST, attacks: ["noise-5", "noise-10"] },
  { what: "watermark", rule: "fast", wanted: FIRST, attacks: ["watermark-10", "watermark-25"] },
  {
    what: "EXIF orientation",
    rule: "fast",
    wanted: FIRST,
    attacks: ["exif-2", "exif-3", "exif-4", "exif-5", "exif-6", "exif-7", "exif-8"],
  },
  {
    what: "mirrored, flipped, turned by 90, 180, 270 degrees",
    rule: "fast",
    wanted: FIRST,
    attacks: ["mirror", "flip", "rotate-90", "rotate-180", "rotate-270"],
  },
  { what: "caption bar", rule: "fast", wanted: SECOND, attacks: ["caption-above", "caption-over"] },
  { what: "text overlay", rule: "fast", wanted: SECOND, attacks: ["text-overlay"] },
  {
    what: "border",
    rule: "fast",
    wanted: SECOND,
    attacks: [
      "border-5-black",
      "border-10-black",
      "border-20-black",
      "border-5-white",
      "border-10-white",
      "border-20-white",
      "border-10-red",
    ],
  },
  { what: "letterbox", rule: "fast", wanted: SECOND, attacks: ["letterbox", "pillarbox"] },
  { what: "screenshot", rule: "fast", wanted: SECOND, attacks: ["screenshot", "screenshot-phone"] },
  { what: "turned by 2 degrees, corners filled", rule: "fast", wanted: 90, attacks: ["rotate-2"] },
  { what: "turned by 2 degrees, corners cut off", rule: "robust", wanted: 90, attacks: ["rotate-2-cropped"] },
  { what: "turned by 4 degrees, corners filled", rule: "fast", wanted: 75, attacks: ["rotate-4"] },
  { what: "turned by 4 degrees, corners cut off", rule: "robust", wanted: 75, attacks: ["rotate-4-cropped"] },
  { what: "vignette, sharpening", rule: "fast", wanted: 99, attacks: ["vignette", "sharpen"] },
  { what: "chains of two of the first group", rule: "fast", wanted: 98, attacks: ["chain-2-a", "chain-2-b"] },
  { what: "a tenth of each side cut off", rule: "robust", wanted: 95, attacks: ["crop-10"] },
  { what: "a fifth of each side cut off", rule: "robust", wanted: 75, attacks: ["crop-20"] },
];
