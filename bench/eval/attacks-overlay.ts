import type { Attack } from "./attack.ts";
import { type Base, open, toPng } from "./base.ts";
import { svgOverlay, svgText } from "./svg-overlay.ts";

/**
 * Drawn over the picture: big outlined text across its middle, tiled slanted text at an opacity in percent, and corners
 * darkened to 40 %.
 */
export const OVERLAY_ATTACKS: readonly Attack[] = [
  { name: "text-overlay", family: "overlay", group: "second", apply: (base) => drawnOver(base, bigText(base)) },
  ...[10, 25].map(
    (percent): Attack => ({
      name: `watermark-${percent}`,
      family: "overlay",
      group: "first",
      apply: (base) => drawnOver(base, watermark(base, percent / 100)),
    }),
  ),
  { name: "vignette", family: "overlay", group: "second", apply: (base) => toPng(open(darkened(base))) },
];

function drawnOver(base: Base, body: string): Promise<Buffer> {
  return toPng(open(base).composite([{ input: svgOverlay(base.width, base.height, body), left: 0, top: 0 }]));
}

function bigText({ width, height }: Base): string {
  const size = width / 6;
  const outline = `fill="#fff" stroke="#000" stroke-width="${(size / 14).toFixed(1)}"`;
  return svgText("SHARE THIS", width / 2, height / 2, size * 0.8, outline);
}

function watermark({ width, height }: Base, opacity: number): string {
  const size = Math.min(width, height) / 9;
  const [stepX, stepY] = [size * 5.5, size * 2.2];
  const reach = Math.hypot(width, height) / 2;
  const texts: string[] = [];
  for (let y = -reach; y <= reach; y += stepY) {
    for (let x = -reach; x <= reach; x += stepX) texts.push(svgText("SAMPLE", x, y, size, 'fill="#fff"'));
  }
  return `<g opacity="${opacity}" transform="translate(${width / 2} ${height / 2}) rotate(-30)">${texts.join("")}</g>`;
}

function darkened(base: Base): Base {
  const { width, height } = base;
  const data = new Uint8Array(base.data.length);
  for (let y = 0, at = 0; y < height; y++) {
    const down = ((2 * y + 1) / height - 1) ** 2;
    for (let x = 0; x < width; x++) {
      const factor = 1 - 0.3 * (((2 * x + 1) / width - 1) ** 2 + down);
      for (const end = at + 3; at < end; at++) data[at] = base.data[at]! * factor + 0.5;
    }
  }
  return { ...base, data };
}
