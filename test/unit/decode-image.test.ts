import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";
import { decodeForHashes, decodeFull, inspectImage } from "../../src/image/decode-image.ts";
import { withPngFrames } from "../support/image-bytes.ts";
import { texturedPicture } from "../support/test-pictures.ts";

const picture = texturedPicture(60, 40);
const open = () => sharp(picture.data, { raw: { width: 60, height: 40, channels: 3 } });

test("every format that is read decodes to its own pixels and tells its header", async () => {
  const limits = { jpeg: 8, png: 0, webp: 8, gif: 10, avif: 8 };
  for (const format of ["jpeg", "png", "webp", "gif", "avif"] as const) {
    const bytes = await open()
      .toFormat(format, format === "png" ? {} : { quality: 95 })
      .toBuffer();
    const decoded = await decodeForHashes(bytes);
    const header = { format, width: 60, height: 40, frames: 1 };
    assert.deepEqual(await inspectImage(bytes), header);
    assert.deepEqual({ ...decoded, pixels: null }, { ...header, pixels: null, shrunk: false });
    assert.ok(meanDifference(decoded.pixels, picture) <= limits[format], format);
  }
});

test("the pixels for the hashes are those at full size", async () => {
  const bytes = await open().resize(1800, 1200).jpeg().toBuffer();
  const { pixels } = await decodeForHashes(bytes);
  assert.deepEqual([pixels.width, pixels.height], [1800, 1200]);
  assert.deepEqual(await decodeFull(bytes), pixels);
});

test("whatever the channels and depth, three of 8 bits come out", async () => {
  const grey = await open().greyscale().png().toBuffer();
  const variants = {
    "16-bit RGB": await open().toColourspace("rgb16").png().toBuffer(),
    "8-bit palette": await open().png({ palette: true, dither: 0 }).toBuffer(),
    "opaque alpha": await open().ensureAlpha().png().toBuffer(),
    grey,
    "16-bit grey": await open().toColourspace("grey16").png().toBuffer(),
    "grey with alpha": await sharp(grey).ensureAlpha().png().toBuffer(),
    "grey JPEG": await open().greyscale().jpeg({ quality: 100 }).toBuffer(),
  };
  const expectedGrey = (await decodeFull(grey)).data;
  for (const [name, bytes] of Object.entries(variants)) {
    const pixels = await decodeFull(bytes);
    const expected = /grey/.test(name) ? { ...picture, data: expectedGrey } : picture;
    assert.equal(pixels.data.length, 60 * 40 * 3, name);
    assert.ok(worstDifference(pixels, expected) <= (name === "8-bit palette" ? 60 : 3), name);
  }
});

test("CMYK is turned into colours near the original's", async () => {
  const bytes = await open().toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer();
  assert.equal((await sharp(bytes).metadata()).space, "cmyk");
  assert.ok(meanDifference(await decodeFull(bytes), picture) < 30);
});

test("a colour profile is applied", async () => {
  const red = { create: { width: 8, height: 8, channels: 3 as const, background: "#c83228" } };
  const wide = await sharp(red).withIccProfile("p3").png().toBuffer();
  const stored = await sharp(wide, { ignoreIcc: true }).raw().toBuffer();
  assert.ok(Math.abs((stored[0] ?? 0) - 0xc8) > 5, "the file holds other numbers");
  const { data } = await decodeFull(wide);
  assert.ok(
    worstDifference({ data, width: 1, height: 1 }, { data: Uint8Array.of(0xc8, 0x32, 0x28), width: 1, height: 1 }) <= 3,
  );
});

test("transparency is flattened on white, and hidden colours don't show", async () => {
  const data = Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 128, 10, 20, 30, 255, 0, 0, 0, 0);
  const bytes = await sharp(data, { raw: { width: 4, height: 1, channels: 4 } })
    .png()
    .toBuffer();
  const pixels = await decodeFull(bytes);
  assert.deepEqual([...pixels.data], [255, 255, 255, 127, 127, 127, 10, 20, 30, 255, 255, 255]);
});

test("EXIF orientation is applied to pixels and size alike", async () => {
  const bytes = await open().withMetadata({ orientation: 6 }).png().toBuffer();
  const { width, height, pixels } = await decodeForHashes(bytes);
  assert.deepEqual([width, height, pixels.width, pixels.height], [40, 60, 40, 60]);
  assert.deepEqual(await inspectImage(bytes), { format: "png", width: 40, height: 60, frames: 1 });
  const turned = await open().rotate(90).raw().toBuffer();
  assert.ok(turned.equals(pixels.data));
});

for (const format of ["gif", "webp"] as const) {
  test(`of an animated ${format} the first frame is decoded and all are counted`, async () => {
    const [first, second, third] = [1, 2, 3].map((seed) => Buffer.from(texturedPicture(60, 40, seed).data));
    assert.ok(first && second && third);
    const raw = { width: 60, height: 120, channels: 3 as const, pageHeight: 40 };
    const bytes = await sharp(Buffer.concat([first, second, third]), { raw })
      .toFormat(format, { lossless: true, loop: 0 })
      .toBuffer();
    const { frames, pixels, height } = await decodeForHashes(bytes);
    assert.deepEqual([frames, height, pixels.height], [3, 40, 40]);
    assert.ok(meanDifference(pixels, picture) < 8);
  });
}

test("an animated PNG shows its default picture, and its frames are counted", async () => {
  const bytes = withPngFrames(await open().png().toBuffer(), 12);
  const { frames, pixels } = await decodeForHashes(bytes);
  assert.equal(frames, 12);
  assert.equal(worstDifference(pixels, picture), 0);
});

function differences(a: Pixels, b: Pixels): number[] {
  return Array.from(b.data, (value, i) => Math.abs(value - (a.data[i] ?? 999)));
}

function worstDifference(a: Pixels, b: Pixels): number {
  return differences(a, b).reduce((most, value) => Math.max(most, value), 0);
}

function meanDifference(a: Pixels, b: Pixels): number {
  return differences(a, b).reduce((sum, value) => sum + value, 0) / b.data.length;
}
