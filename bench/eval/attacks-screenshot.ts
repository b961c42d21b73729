import type { Attack } from "./attack.ts";
import { scaled } from "./attacks-resize.ts";
import { type Base, open, toPixels, toPng } from "./base.ts";
import { svgOverlay, svgText } from "./svg-overlay.ts";

const PHONE_WIDTH = 720;

/**
 * `screenshot`: enlarged by 1.37, without loss. `screenshot-phone`: scaled to a phone's 720 pixels of width, between the
 * bars of an app, a dark one of 96 pixels above and a light one of 120 below.
 */
export const SCREENSHOT_ATTACKS: readonly Attack[] = [
  { name: "screenshot", family: "screenshot", group: "second", apply: (base) => toPng(scaled(base, 1.37, 1.37)) },
  { name: "screenshot-phone", family: "screenshot", group: "second", apply: onPhone },
];

async function onPhone(base: Base): Promise<Buffer> {
  const scale = PHONE_WIDTH / base.width;
  const picture = await toPixels(scaled(base, scale, scale));
  const [above, below] = [96, 120];
  const height = above + picture.height + below;
  const end = height - below;
  const bars = [
    `<rect width="${PHONE_WIDTH}" height="${above}" fill="#20242c"/>`,
    svgText("14:32", 70, 26, 24, 'fill="#fff"'),
    svgText("Photos", PHONE_WIDTH / 2, 64, 30, 'fill="#fff"'),
    `<rect y="${end}" width="${PHONE_WIDTH}" height="${below}" fill="#f4f4f6"/>`,
    ...[0, 1, 2, 3].map((i) => `<circle cx="${90 + i * 180}" cy="${end + 60}" r="22" fill="#6a7080"/>`),
  ];
  const framed = open(picture).extend({ top: above, bottom: below, background: "#fff" });
  return await toPng(framed.composite([{ input: svgOverlay(PHONE_WIDTH, height, bars.join("")), left: 0, top: 0 }]));
}
