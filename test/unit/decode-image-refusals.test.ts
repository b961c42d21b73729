import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { AppError, type ErrorCode } from "../../src/errors.ts";
import { decodeForHashes, decodeFull, inspectImage, MAX_PIXELS, MAX_SIDE } from "../../src/image/decode-image.ts";
import { ftypBytes, gifWithFrames, PROJECT_FOLDER, withJpegSize, withPngFrames } from "../support/image-bytes.ts";
import { noisePicture } from "../support/test-pictures.ts";

const noise = noisePicture(160, 120);
const open = () => sharp(noise.data, { raw: { width: 160, height: 120, channels: 3 } });
const whole: Readonly<Record<string, Buffer>> = {
  jpeg: await open().jpeg().toBuffer(),
  "progressive jpeg": await open().jpeg({ progressive: true }).toBuffer(),
  png: await open().png().toBuffer(),
  "interlaced png": await open().png({ progressive: true }).toBuffer(),
  webp: await open().webp().toBuffer(),
  "lossless webp": await open().webp({ lossless: true }).toBuffer(),
  gif: await open().gif().toBuffer(),
  avif: await open().avif({ effort: 0 }).toBuffer(),
};

for (const [name, bytes] of Object.entries(whole)) {
  // Up to the end mark: without that alone a JPEG still has all its pixels.
  test(`a ${name} cut off anywhere is refused as truncated`, async () => {
    const cuts = Array.from({ length: 40 }, (_, i) => Math.round(60 + ((bytes.length - 63) * i) / 39));
    for (const cut of cuts) {
      await refuses(bytes.subarray(0, cut), "image_truncated", `${cut} of ${bytes.length} bytes`);
    }
  });
}

test("any start of a file is refused as truncated or unreadable, never as something of ours", async () => {
  for (const bytes of Object.values(whole)) {
    for (let length = 0; length < 60; length++) {
      const code = await codeOf(bytes.subarray(0, length));
      assert.ok(code === "image_truncated" || code === "image_unreadable", `${length} bytes: ${code}`);
    }
  }
});

test("bytes that are no picture are unreadable", async () => {
  for (const bytes of [new Uint8Array(), Buffer.from("hello"), Buffer.alloc(5000), Buffer.from('{"url":"x"}')]) {
    await refuses(bytes, "image_unreadable");
  }
});

test("a signature followed by rubbish is unreadable or truncated", async () => {
  for (const bytes of Object.values(whole)) {
    const broken = Buffer.concat([bytes.subarray(0, 24), Buffer.from(noise.data.subarray(0, bytes.length - 24))]);
    const code = await codeOf(broken);
    assert.ok(code === "image_truncated" || code === "image_unreadable" || code === "image_too_many_pixels", code);
  }
});

test("formats that are not read are refused by name, under any of their brands", async () => {
  const tiff = await open().tiff().toBuffer();
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  for (const [bytes, name] of [
    [tiff, "TIFF"],
    [svg, "SVG"],
    [ftypBytes("heic", "mif1"), "HEIC"],
  ] as const) {
    await refuses(bytes, "image_format_unsupported");
    await assert.rejects(decodeFull(bytes), (error: AppError) => error.message.endsWith(`received ${name}`));
  }
});

test("more pixels than allowed are refused from the header", async () => {
  const { jpeg } = whole;
  assert.ok(jpeg !== undefined);
  await refuses(withJpegSize(jpeg, 7000, 6000), "image_too_many_pixels");
  await refuses(withJpegSize(jpeg, 65000, 65000), "image_too_many_pixels");
  await refuses(withJpegSize(jpeg, MAX_SIDE + 1, 10), "image_too_many_pixels");
  await refuses(withJpegSize(jpeg, 10, MAX_SIDE + 1), "image_too_many_pixels");
  await refuses(gifWithFrames(2000, 2000, 11), "image_too_many_pixels");
});

test("a picture of exactly the most pixels is read, one row more is not", async () => {
  const create = (height: number) => ({ create: { width: 8000, height, channels: 3 as const, background: "#fff" } });
  const most = await sharp(create(MAX_PIXELS / 8000))
    .png({ compressionLevel: 1 })
    .toBuffer();
  assert.equal((await inspectImage(most)).height, 5000);
  await refuses(
    await sharp(create(MAX_PIXELS / 8000 + 1))
      .png({ compressionLevel: 1 })
      .toBuffer(),
    "image_too_many_pixels",
  );
});

test("pixels count over all frames, also of those that are never decoded", async () => {
  assert.equal((await inspectImage(gifWithFrames(2000, 2000, 10))).frames, 10);
  await refuses(gifWithFrames(2000, 2000, 11), "image_too_many_pixels");
  const { png } = whole;
  assert.ok(png !== undefined);
  await refuses(withPngFrames(png, 3000), "image_too_many_pixels");
});

test("no refusal names a file, the decoder or anything it said", async () => {
  const bad = Object.values(whole).flatMap((bytes) => [
    bytes.subarray(0, bytes.length >> 1),
    Buffer.concat([bytes.subarray(0, 40), Buffer.alloc(400, 0x41)]),
  ]);
  for (const bytes of [...bad, Buffer.from("x"), ftypBytes("heic"), gifWithFrames(2000, 2000, 40)]) {
    const error = await failure(() => decodeForHashes(bytes));
    assert.doesNotMatch(error.message, /vips|sharp|heif:|libpng|buffer|seek|node_modules|\//i);
    assert.ok(!error.message.includes(PROJECT_FOLDER));
    assert.match(error.message, /^Expected .* for image but received /);
    assert.equal(error.facts.field, "image");
  }
});

test("once loaded, the decoder opens no other format and no file, even when asked directly", async () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  for (const input of [svg, await open().tiff().toBuffer()]) {
    await assert.rejects(sharp(input).metadata(), /unsupported image format/);
  }
  const path = fileURLToPath(new URL("../fixtures/model/Neutral.png", import.meta.url));
  await assert.rejects(sharp(path).metadata(), /unsupported image format/);
  assert.equal((await inspectImage(await readFile(path))).format, "png");
});

async function refuses(bytes: Uint8Array, code: ErrorCode, what = ""): Promise<void> {
  for (const run of [decodeForHashes, decodeFull]) {
    assert.equal((await failure(() => run(bytes))).code, code, what);
  }
}

async function codeOf(bytes: Uint8Array): Promise<ErrorCode> {
  return (await failure(() => decodeForHashes(bytes))).code;
}

async function failure(run: () => Promise<unknown>): Promise<AppError> {
  try {
    await run();
  } catch (error) {
    assert.ok(error instanceof AppError, `not an AppError: ${error}`);
    return error;
  }
  throw new Error("Expected a refusal but the image was read");
}
