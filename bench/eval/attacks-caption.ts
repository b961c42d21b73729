import type { Attack } from "./attack.ts";
import { type Base, open, toPng } from "./base.ts";
import { svgOverlay, svgText } from "./svg-overlay.ts";

const ABOVE = 0.2;
const COVERED = 0.12;

/** `caption-above` adds a white bar with black text, a fifth of the height; `caption-over` covers the lowest 12 %. */
export const CAPTION_ATTACKS: readonly Attack[] = [
  { name: "caption-above", family: "caption", group: "second", apply: captionAbove },
  { name: "caption-over", family: "caption", group: "second", apply: captionOver },
];

async function captionAbove(base: Base): Promise<Buffer> {
  const { width } = base;
  const height = Math.round(base.height * ABOVE);
  const size = Math.min(height * 0.32, width / 14);
  const lines = [
    svgText("when you finally find", width / 2, height * 0.3, size, 'fill="#000"'),
    svgText("the picture you lost", width / 2, height * 0.7, size, 'fill="#000"'),
  ];
  const bar = svgOverlay(width, height, `<rect width="100%" height="100%" fill="#fff"/>${lines.join("")}`);
  const extended = open(base).extend({ top: height, background: "#fff" });
  return await toPng(extended.composite([{ input: bar, left: 0, top: 0 }]));
}

async function captionOver(base: Base): Promise<Buffer> {
  const { width } = base;
  const height = Math.round(base.height * COVERED);
  const text = svgText(
    "seen at the harbour last night",
    width / 2,
    height / 2,
    Math.min(height * 0.5, width / 18),
    'fill="#fff"',
  );
  const bar = svgOverlay(width, height, `<rect width="100%" height="100%" fill="#000"/>${text}`);
  return await toPng(open(base).composite([{ input: bar, left: 0, top: base.height - height }]));
}
