import type { Attack } from "./attack.ts";
import { open } from "./base.ts";

/** Encoding again: sharp's defaults (4:2:0 chroma) but for what is named. */
export const ENCODING_ATTACKS: readonly Attack[] = [
  ...[75, 50, 30, 20, 10, 5, 3].map(
    (quality): Attack => ({
      name: `jpeg-${quality}`,
      family: "jpeg",
      group: quality >= 20 ? "first" : "second",
      apply: (base) => open(base).jpeg({ quality }).toBuffer(),
    }),
  ),
  {
    name: "webp-75",
    family: "format",
    group: "first",
    apply: (base) => open(base).webp({ quality: 75, effort: 2 }).toBuffer(),
  },
  {
    name: "avif-50",
    family: "format",
    group: "first",
    apply: (base) => open(base).avif({ quality: 50, effort: 0 }).toBuffer(),
  },
  {
    name: "gif",
    family: "format",
    group: "second",
    apply: (base) => open(base).gif({ effort: 1 }).toBuffer(),
  },
];
