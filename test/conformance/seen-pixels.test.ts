import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import sharp, { type Sharp } from "sharp";
import { fingerprintPixels } from "../../src/fingerprint/fingerprint-image.ts";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { decodeFull } from "../../src/image/decode-image.ts";
import { sharedData } from "../support/shared-data.ts";
import { sharedPhotos } from "../support/shared-photos.ts";

const modes = sharedData("vectors/pdq/misc-images/modes/");
const modeFiles = modes === null ? [] : readdirSync(modes).filter((name) => !name.endsWith(".md"));

test("every colour mode decodes, and hashes like the original", {
  skip: modes === null ? "13 colour modes are not beside the project" : false,
}, async () => {
  const original = await fingerprintFile(`${modes}original.jpg`);
  for (const name of modeFiles) {
    const { pdq, blockhash, detail } = await fingerprintFile(`${modes}${name}`);
    const [byPdq, byBlockhash] = [hammingDistance(pdq, original.pdq), hammingDistance(blockhash, original.blockhash)];
    assert.equal(detail, "sufficient", name);
    assert.ok(byPdq <= 10 && byBlockhash <= 10, `${name}: ${byPdq} and ${byBlockhash} bits`);
  }
  assert.equal(modeFiles.length, 13);
});

/** How to store a picture so that a viewer which obeys the orientation shows it upright; sharp flips before it turns. */
const STORED: readonly ((image: Sharp) => Sharp)[] = [
  (image) => image,
  (image) => image.flop(),
  (image) => image.rotate(180),
  (image) => image.flip(),
  (image) => image.flip().rotate(90),
  (image) => image.rotate(270),
  (image) => image.flop().rotate(90),
  (image) => image.rotate(90),
];

const photos = sharedPhotos().filter((_, i) => i % 40 === 0);
test(`${photos.length} photos hash alike in all eight EXIF orientations`, {
  skip: photos.length === 0 ? "20 photos are not beside the project" : false,
}, async () => {
  for (const { path, name } of photos) {
    const pixels = await decodeFull(await readFile(path));
    const raw = { width: pixels.width, height: pixels.height, channels: 3 as const };
    const upright = fingerprintPixels(pixels);
    for (const [i, store] of STORED.entries()) {
      const stored = await store(sharp(pixels.data, { raw })).raw().toBuffer({ resolveWithObject: true });
      const image = sharp(stored.data, { raw: stored.info }).withMetadata({ orientation: i + 1 });
      assert.deepEqual(
        fingerprintPixels(await decodeFull(await image.png({ compressionLevel: 0 }).toBuffer())),
        upright,
      );
      const asJpeg = fingerprintPixels(await decodeFull(await image.jpeg({ quality: 95 }).toBuffer()));
      const distance = hammingDistance(asJpeg.pdq ?? "", upright.pdq ?? "");
      assert.ok(distance <= 8, `${name} in orientation ${i + 1}: ${distance} bits`);
    }
  }
});

async function fingerprintFile(path: string): Promise<{ pdq: string; blockhash: string; detail: string }> {
  const { pdq, blockhash, detail } = fingerprintPixels(await decodeFull(await readFile(path)));
  assert.ok(pdq !== null && blockhash !== null);
  return { pdq, blockhash, detail };
}
