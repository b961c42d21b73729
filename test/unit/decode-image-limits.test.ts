import assert from "node:assert/strict";
import { test } from "node:test";
import sharp, { type Sharp } from "sharp";
import { AppError } from "../../src/errors.ts";
import { declaredSize } from "../../src/image/declared-size.ts";
import {
  decodeForHashes,
  inspectImage,
  MAX_AVIF_PIXELS,
  MAX_DEEP_AVIF_PIXELS,
  MAX_FRAMES,
  MAX_SCANS,
} from "../../src/image/decode-image.ts";
import { readFileStructure } from "../../src/image/file-structure.ts";
import { countJpegScans } from "../../src/image/jpeg-scans.ts";
import { gifWithFrames } from "../support/image-bytes.ts";
import { texturedPicture } from "../support/test-pictures.ts";

const picture = texturedPicture(60, 40);
const open = () => sharp(picture.data, { raw: { width: 60, height: 40, channels: 3 } });

async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await decodeForHashes(bytes).then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AppError, `refused, not ${error}`);
  return `${error.code}: ${error.message}`;
}

/** A progressive JPEG whose last scan comes so often that there are `count`. */
async function jpegWithScans(count: number): Promise<Buffer> {
  const jpeg = await open().jpeg({ progressive: true }).toBuffer();
  const last = jpeg.lastIndexOf(Buffer.of(0xff, 0xda));
  const more = Array<Buffer>(count - countJpegScans(jpeg, MAX_SCANS)).fill(jpeg.subarray(last, -2));
  return Buffer.concat([jpeg.subarray(0, -2), ...more, Buffer.of(0xff, 0xd9)]);
}

/** An animated picture of `count` different frames. */
async function animated(format: "gif" | "webp", count: number): Promise<Buffer> {
  const frames = Array.from({ length: count }, (_, seed) => Buffer.from(texturedPicture(60, 40, seed + 1).data));
  const raw = { width: 60, height: 40 * count, channels: 3 as const, pageHeight: 40 };
  return sharp(Buffer.concat(frames), { raw }).toFormat(format).toBuffer();
}

/** A WebP with `count` frames more than it has, of which there is the structure alone. */
async function webpWithFrames(count: number): Promise<Buffer> {
  const frame = Buffer.alloc(8 + 16);
  frame.write("ANMF");
  frame.writeUInt32LE(16, 4);
  const whole = Buffer.concat([await animated("webp", 2), ...Array<Buffer>(count).fill(frame)]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}

test("an animation of the most frames is read, one frame more is refused before the decoder counts them", async () => {
  assert.equal((await inspectImage(gifWithFrames(1, 1, MAX_FRAMES))).frames, MAX_FRAMES);
  const message = `image_too_many_pixels: Expected at most ${MAX_FRAMES} frames for image but received more`;
  assert.equal(await refusal(gifWithFrames(1, 1, MAX_FRAMES + 1)), message);
  assert.equal(await refusal(await webpWithFrames(MAX_FRAMES + 1)), message);
});

test("frames are counted as the decoder counts them", async () => {
  for (const format of ["gif", "webp"] as const) {
    for (const count of [1, 2, 7]) {
      const bytes = await animated(format, count);
      const { pages = 1 } = await sharp(bytes).metadata();
      assert.equal(pages, count);
      assert.equal(readFileStructure(bytes, format, MAX_FRAMES).frames, count, format);
    }
  }
});

test("the size that a file declares at its start is the one that its decoder finds", async () => {
  const ways = {
    png: [open().png()],
    gif: [open().gif(), animated("gif", 2).then((bytes) => sharp(bytes, { animated: true }).gif())],
    webp: [open().webp(), open().webp({ lossless: true }), open().ensureAlpha(0.5).webp()],
  } as const;
  for (const [format, images] of Object.entries(ways) as [keyof typeof ways, readonly (Sharp | Promise<Sharp>)[]][]) {
    for (const image of images) {
      const bytes = await (await image).toBuffer();
      assert.deepEqual(declaredSize(bytes, format), { width: 60, height: 40 }, format);
      for (let length = 0; length < 60; length++) declaredSize(bytes.subarray(0, length), format);
    }
  }
});

test("sizes beyond the limits are refused before the decoder takes memory for them", async () => {
  const lossy = await open().webp().toBuffer();
  lossy.writeUInt16LE(16_383, 26);
  lossy.writeUInt16LE(16_383, 28);
  assert.match(await refusal(lossy), /^image_too_many_pixels: .* received 16383 x 16383$/);
});

test("a GIF whose blocks lead nowhere is counted to where they end", () => {
  const gif = gifWithFrames(1, 1, 5);
  for (let cut = 0; cut < gif.length; cut++) {
    const { frames } = readFileStructure(gif.subarray(0, cut), "gif", MAX_FRAMES);
    assert.ok(frames >= 1 && frames <= 5, `${cut}: ${frames}`);
  }
});

test("a progressive JPEG of more than the most scans is refused before the decoder goes through them", async () => {
  const usual = await open().jpeg({ progressive: true }).toBuffer();
  assert.ok(countJpegScans(usual, MAX_SCANS) >= 6);
  assert.equal((await decodeForHashes(usual)).width, 60);
  assert.match(
    await refusal(await jpegWithScans(MAX_SCANS + 1)),
    /^image_unreadable: .* a JPEG of more than 100 scans$/,
  );
  // The decoder finds another fault with it: a coefficient that is refined twice.
  assert.match(await refusal(await jpegWithScans(MAX_SCANS)), /^image_unreadable: .* a broken JPEG$/);
});

test("scans are counted beyond restarts, stuffed bytes and the thumbnails in other segments", async () => {
  const thumbnail = await open().resize(16).jpeg().toBuffer();
  const jpeg = await open().jpeg({ quality: 100, progressive: false }).toBuffer();
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 0]), thumbnail]);
  segment.writeUInt16BE(thumbnail.length + 2, 2);
  assert.equal(countJpegScans(jpeg, MAX_SCANS), 1);
  assert.equal(countJpegScans(Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]), MAX_SCANS), 1);
  const restarting = Buffer.concat([
    jpeg.subarray(0, -2),
    Buffer.from([0xff, 0xd0, 0xff, 0x00, 0xff, 0xd7, 0xff, 0xd9]),
  ]);
  assert.equal(countJpegScans(restarting, MAX_SCANS), 1);
});

test("an AVIF of more pixels than a worker's memory holds is refused by its header, sooner where they are deep", async () => {
  /** The size that the item's properties declare is all that is read before the refusal. */
  async function declared(pixels: number, bitdepth: 8 | 12): Promise<Buffer> {
    const avif = await open().avif({ effort: 0, bitdepth }).toBuffer();
    const at = avif.indexOf("ispe");
    avif.writeUInt32BE(4_000, at + 8);
    avif.writeUInt32BE(pixels / 4_000, at + 12);
    return avif;
  }
  assert.match(
    await refusal(await declared(MAX_AVIF_PIXELS + 4_000, 8)),
    /^image_too_many_pixels: .* 16000000 pixels of an AVIF/,
  );
  assert.match(
    await refusal(await declared(MAX_DEEP_AVIF_PIXELS + 4_000, 12)),
    /^image_too_many_pixels: .* 12000000 pixels/,
  );
  assert.equal((await inspectImage(await declared(MAX_AVIF_PIXELS, 8))).width, 4_000);
});
