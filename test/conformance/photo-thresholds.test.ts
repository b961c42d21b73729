import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, describe, test } from "node:test";
import sharp from "sharp";
import { fingerprintPixels, type PixelFingerprint } from "../../src/fingerprint/fingerprint-image.ts";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { hexToBytes } from "../../src/fingerprint/hex.ts";
import { DEFAULT_LIST_THRESHOLDS, REUSE_THRESHOLDS } from "../../src/fingerprint/reuse.ts";
import { decodeFull } from "../../src/image/decode-image.ts";
import { sharedPhotos } from "../support/shared-photos.ts";

const photos = sharedPhotos();

/** The one that isn't a photo: a chart of thin lines on white. */
const CHARTS = ["newplot"];

describe("thresholds on real photos", {
  skip: photos.length === 0 ? "777 photos are not beside the project" : false,
}, () => {
  let prints: PixelFingerprint[] = [];
  before(async () => {
    prints = [];
    for (const { path } of photos) {
      prints.push(fingerprintPixels(await decodeFull(await readFile(path))));
    }
  });

  test("every photo has sufficient detail", () => {
    const without = photos.filter((_, i) => prints[i]?.detail === "insufficient");
    assert.deepEqual(
      without.map(({ name }) => name),
      CHARTS,
    );
  });

  test("at least 95 % of half-size JPEG copies are near enough to reuse scores", async () => {
    const sample = photos.map((photo, i) => ({ ...photo, print: prints[i] })).filter((_, i) => i % 5 === 0);
    let reused = 0;
    for (const { path, print } of sample) {
      const bytes = await readFile(path);
      const { width = 0, height = 0 } = await sharp(bytes).metadata();
      const resized = sharp(bytes).resize(Math.round(width / 2), Math.round(height / 2), { fit: "fill" });
      const copy = fingerprintPixels(await decodeFull(await resized.jpeg({ quality: 80 }).toBuffer()));
      const sufficient = copy.detail === "sufficient" && print?.detail === "sufficient";
      const near = (kind: "pdq" | "blockhash") =>
        hammingDistance(copy[kind] ?? "", print?.[kind] ?? "") <= REUSE_THRESHOLDS[kind];
      reused += sufficient && near("pdq") && near("blockhash") ? 1 : 0;
    }
    assert.ok(reused >= 0.95 * sample.length, `${reused} of ${sample.length}`);
  });

  test("no two different photos are near enough to reuse scores, by half of either threshold's distance to spare", () => {
    const bytes = prints.map(({ pdq, blockhash }) => [hexToBytes(pdq ?? ""), hexToBytes(blockhash ?? "")] as const);
    let pairs = 0;
    for (const [i, [pdq, blockhash]] of bytes.entries()) {
      for (const [otherPdq, otherBlockhash] of bytes.slice(i + 1)) {
        pairs++;
        const near =
          hammingDistance(pdq, otherPdq) < 1.5 * REUSE_THRESHOLDS.pdq ||
          hammingDistance(blockhash, otherBlockhash) < 1.5 * REUSE_THRESHOLDS.blockhash;
        assert.ok(!near, `pair of ${photos[i]?.name}`);
      }
    }
    assert.equal(pairs, (photos.length * (photos.length - 1)) / 2);
  });

  test("no photo is within a list's default thresholds of a different one, in any of the eight symmetries", () => {
    const upright = prints.map(({ pdq }) => hexToBytes(pdq ?? ""));
    for (const [i, { pdqTransforms }] of prints.entries()) {
      const turned = Object.values(pdqTransforms ?? {}).map(hexToBytes);
      for (const [j, other] of upright.entries()) {
        const near = i !== j && turned.some((hash) => hammingDistance(hash, other) <= DEFAULT_LIST_THRESHOLDS.pdq);
        assert.ok(!near, `${photos[i]?.name} and ${photos[j]?.name}`);
      }
    }
  });
});
