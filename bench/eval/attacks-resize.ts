import type { Attack } from "./attack.ts";
import { type Base, open, toPng } from "./base.ts";

/** Scaling by Lanczos 3: both sides to a percentage, or one side alone to 80 %. */
export const RESIZE_ATTACKS: readonly Attack[] = [
  ...[75, 50, 25, 12].map(
    (percent): Attack => ({
      name: `resize-${percent}`,
      family: "resize",
      group: percent >= 25 ? "first" : "second",
      apply: (base) => toPng(scaled(base, percent / 100, percent / 100)),
    }),
  ),
  { name: "width-80", family: "resize", group: "second", apply: (base) => toPng(scaled(base, 0.8, 1)) },
  { name: "height-80", family: "resize", group: "second", apply: (base) => toPng(scaled(base, 1, 0.8)) },
];

/** Stretched to these parts of its sides. */
export function scaled(base: Base, across: number, down: number) {
  const width = Math.max(1, Math.round(base.width * across));
  const height = Math.max(1, Math.round(base.height * down));
  return open(base).resize(width, height, { fit: "fill" });
}
