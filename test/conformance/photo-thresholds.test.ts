import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, describe, test } from "node:test";
import sharp from "sharp";
import { matchedBy } from "../../src/fingerprint/decision.ts";
import { DEFAULT_MATCH_RULE } from "../../src/fingerprint/default-rule.ts";
import type { PerceptualFingerprint } from "../../src/fingerprint/fingerprint.ts";
import { fingerprintPixels } from "../../src/fingerprint/fingerprint-image.ts";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { hexToBytes } from "../../src/fingerprint/hex.ts";
import { looksOf } from "../../src/fingerprint/looks.ts";
import { REUSE_THRESHOLDS } from "../../src/fingerprint/reuse.ts";
import { decodeFull } from "../../src/image/decode-image.ts";
import { sharedPhotos } from "../support/shared-photos.ts";

const photos = sharedPhotos();

/** The one that isn't a photo: a chart of thin lines on white. */
const CHARTS = ["newplot"];

describe("thresholds on real photos", {
  skip: photos.length === 0 ? "777 photos are not beside the project" : false,
}, () => {
  let prints: PerceptualFingerprint[] = [];
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

  test("no photo matches a different one by the rule lists have by default, in any symmetry, whole or trimmed", () => {
    const searched = prints.map(({ variants }) => ({
      looks: looksOf(variants).map(({ pdq, blockhash }) => ({ pdq: words(pdq), blockhash: words(blockhash) })),
      stored: variants.map(({ pdq, blockhash }) => ({
        pdq: words(pdq.identity),
        blockhash: words(blockhash.identity),
      })),
    }));
    for (const [i, { looks }] of searched.entries()) {
      for (const [j, { stored }] of searched.entries()) {
        if (i === j) continue;
        const matches = stored.some((entry) =>
          looks.some((look) => {
            const pdq = wordsApart(look.pdq, entry.pdq);
            const blockhash = wordsApart(look.blockhash, entry.blockhash);
            return matchedBy({ pdq, blockhash, neural: FAR, neuralVector: FAR }, DEFAULT_MATCH_RULE) !== null;
          }),
        );
        assert.ok(!matches, `${photos[i]?.name} and ${photos[j]?.name}`);
      }
    }
  });
});

const FAR = Number.POSITIVE_INFINITY;

function words(hash: string | null): Int32Array {
  const bytes = hexToBytes(hash ?? "");
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

/** Bits that differ; the pairs are too many for anything slower. */
function wordsApart(one: Int32Array, other: Int32Array): number {
  let distance = 0;
  for (let i = 0; i < one.length; i++) {
    let bits = (one[i] ?? 0) ^ (other[i] ?? 0);
    bits -= (bits >>> 1) & 0x55555555;
    bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
    distance += Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return distance;
}
