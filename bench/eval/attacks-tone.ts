import type { Attack, AttackGroup } from "./attack.ts";
import { type Base, open, toPng } from "./base.ts";

/** Levels and colours; every formula is on 0..255 values as they are stored. */
export const TONE_ATTACKS: readonly Attack[] = [
  ...[0.7, 1.4].map((gamma) => curve(`gamma-${gamma}`, "first", (level) => 255 * (level / 255) ** (1 / gamma))),
  ...[0.7, 1.3].map((factor) => curve(`contrast-${factor}`, "first", (level) => 128 + factor * (level - 128))),
  ...[0.8, 1.2].map((factor) => curve(`brightness-${factor}`, "second", (level) => factor * level)),
  ...[0.5, 1.5].map((factor) => saturation(`saturation-${factor}`, factor)),
  saturation("grayscale", 0),
];

function curve(name: string, group: AttackGroup, levelOf: (level: number) => number): Attack {
  const levels = Uint8ClampedArray.from({ length: 256 }, (_, level) => levelOf(level));
  return {
    name,
    family: "tone",
    group,
    apply: (base) => toPng(open({ ...base, data: base.data.map((level) => levels[level]!) })),
  };
}

/** Moves colours away from their grey, or to it: 0 leaves nothing but luma (ITU-R BT.601). */
function saturation(name: string, factor: number): Attack {
  return { name, family: "tone", group: "first", apply: (base) => toPng(open(saturated(base, factor))) };
}

function saturated(base: Base, factor: number): Base {
  const data = new Uint8ClampedArray(base.data.length);
  for (let at = 0; at < data.length; at += 3) {
    const [red, green, blue] = [base.data[at]!, base.data[at + 1]!, base.data[at + 2]!];
    const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    data[at] = luma + factor * (red - luma);
    data[at + 1] = luma + factor * (green - luma);
    data[at + 2] = luma + factor * (blue - luma);
  }
  return { ...base, data: new Uint8Array(data.buffer) };
}
