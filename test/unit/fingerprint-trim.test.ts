import assert from "node:assert/strict";
import { test } from "node:test";
import sharp, { type Sharp } from "sharp";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";
import { fingerprintPixels } from "../../src/fingerprint/fingerprint-image.ts";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { trimBox } from "../../src/fingerprint/trim.ts";
import { texturedPicture } from "../support/test-pictures.ts";

const photo = texturedPicture(300, 200, 4);
const BLACK = { r: 0, g: 0, b: 0 };
const WHITE = { r: 255, g: 255, b: 255 };

test("a picture without borders is not trimmed", () => {
  for (let seed = 1; seed <= 10; seed++) assert.equal(trimBox(texturedPicture(240, 180, seed)), null);
});

for (const [name, sides, colour] of [
  ["a border", { top: 20, bottom: 20, left: 20, right: 20 }, BLACK],
  ["a border of 20 %", { top: 60, bottom: 60, left: 60, right: 60 }, WHITE],
  ["a letterbox", { top: 90, bottom: 90, left: 0, right: 0 }, BLACK],
  ["a pillarbox", { top: 0, bottom: 0, left: 40, right: 40 }, BLACK],
  ["one bar", { top: 0, bottom: 50, left: 0, right: 0 }, { r: 30, g: 90, b: 160 }],
] as const) {
  test(`${name} is cut off to the pixel`, async () => {
    const framed = await extend(photo, sides, colour);
    assert.deepEqual(trimBox(framed), { left: sides.left, top: sides.top, width: 300, height: 200 });
  });

  test(`${name} is cut off to a few pixels after JPEG compression at quality 30`, async () => {
    const framed = await viaJpeg(await extend(photo, sides, colour));
    const box = trimBox(framed);
    assert.ok(box !== null);
    for (const [edge, want] of [
      [box.left, sides.left],
      [box.top, sides.top],
      [box.left + box.width, sides.left + 300],
      [box.top + box.height, sides.top + 200],
    ] as const) {
      assert.ok(Math.abs(edge - want) <= 8, `${edge} for ${want}`);
    }
  });
}

test("a border inside a border of another colour is cut off too", async () => {
  const once = await extend(photo, { top: 15, bottom: 15, left: 15, right: 15 }, WHITE);
  const twice = await extend(once, { top: 25, bottom: 25, left: 25, right: 25 }, BLACK);
  assert.deepEqual(trimBox(twice), { left: 40, top: 40, width: 300, height: 200 });
});

test("a caption bar is cut off, words and all", async () => {
  const bar = await extend(photo, { top: 60, bottom: 0, left: 0, right: 0 }, WHITE);
  const words = `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="60"><text x="12" y="38" font-size="26" font-family="sans-serif">When the build is green</text></svg>`;
  const captioned = await raw(open(bar).composite([{ input: Buffer.from(words), left: 0, top: 0 }]));
  assert.deepEqual(trimBox(captioned), { left: 0, top: 60, width: 300, height: 200 });
});

test("what is left of a framed picture hashes as the picture does, bit for bit", async () => {
  const framed = fingerprintPixels(await extend(photo, { top: 31, bottom: 17, left: 23, right: 41 }, BLACK));
  const [whole] = fingerprintPixels(photo).variants;
  const trimmed = framed.variants.find((variant) => variant.trimmed);
  assert.deepEqual(trimmed, { ...whole, trimmed: true });
  assert.ok(hammingDistance(framed.pdq ?? "", whole?.pdq.identity ?? "") > 31);
});

test("a small picture on a large blank sheet is searched by what is left of it alone", async () => {
  const sheet = await extend(texturedPicture(100, 100, 2), { top: 150, bottom: 150, left: 150, right: 150 }, WHITE);
  const { variants, detail, detailCause } = fingerprintPixels(sheet);
  assert.deepEqual(
    [detail, detailCause, variants.map(({ trimmed }) => trimmed)],
    ["sufficient", "little_texture", [true]],
  );
});

test("blank pictures and slivers are not trimmed", async () => {
  assert.equal(trimBox({ data: new Uint8Array(200 * 100 * 3).fill(255), width: 200, height: 100 }), null);
  const sliver = await extend(texturedPicture(300, 20), { top: 90, bottom: 90, left: 0, right: 0 }, BLACK);
  assert.equal(trimBox(sliver), null);
});

type Sides = Readonly<Record<"top" | "bottom" | "left" | "right", number>>;

function open({ data, width, height }: Pixels) {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function raw(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

async function extend(pixels: Pixels, sides: Sides, background: { r: number; g: number; b: number }): Promise<Pixels> {
  return await raw(open(pixels).extend({ ...sides, background }));
}

async function viaJpeg(pixels: Pixels): Promise<Pixels> {
  return await raw(sharp(await open(pixels).jpeg({ quality: 30 }).toBuffer()));
}
