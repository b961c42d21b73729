import assert from "node:assert/strict";
import { test } from "node:test";
import sharp, { type Sharp } from "sharp";
import { DEFAULT_MATCH_RULE } from "../../src/fingerprint/default-rule.ts";
import { hashDetail } from "../../src/fingerprint/detail.ts";
import { PERCEPTUAL_KINDS, type Pixels } from "../../src/fingerprint/fingerprint.ts";
import { fingerprintPixels } from "../../src/fingerprint/fingerprint-image.ts";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { flatPictures } from "../support/flat-pictures.ts";
import { noisePicture, texturedPicture } from "../support/test-pictures.ts";

const flats = [...(await flatPictures())];

test(`none of ${flats.length} flat pictures has sufficient detail`, () => {
  assert.ok(flats.length >= 30);
  const passed = flats.filter(([, pixels]) => fingerprintPixels(pixels).detail === "sufficient");
  assert.deepEqual(
    passed.map(([name]) => name),
    [],
  );
});

test("flat pictures would match one another without that, many at PDQ's best quality", () => {
  const prints = flats.map(([, pixels]) => fingerprintPixels(pixels));
  const twins = prints.filter((a) => prints.some((b) => a !== b && a.pdqQuality === 100 && near(a.pdq, b.pdq)));
  assert.ok(twins.length >= 8, `${twins.length} have a near twin`);
});

test("flat pictures stay insufficient when compressed, shrunk, enlarged or noisy", async () => {
  for (const [name, pixels] of flats) {
    for (const [change, changed] of await changesOf(pixels)) {
      assert.equal(fingerprintPixels(changed).detail, "insufficient", `${name}, ${change}`);
    }
  }
});

test("textured pictures have sufficient detail, also when small", () => {
  for (const [width, height] of [
    [800, 600],
    [300, 400],
    [96, 96],
  ] as const) {
    for (let seed = 1; seed <= 5; seed++) {
      assert.equal(fingerprintPixels(texturedPicture(width, height, seed)).detail, "sufficient", `${width}, ${seed}`);
    }
  }
});

test("a picture too small for a hash has insufficient detail", () => {
  const { detail, pdq, blockhash } = fingerprintPixels(noisePicture(15, 15));
  assert.deepEqual([detail, pdq === null, blockhash], ["insufficient", false, null]);
  const tiny = fingerprintPixels(noisePicture(4, 4));
  assert.deepEqual(
    [tiny.detail, tiny.detailCause, tiny.pdq, tiny.variants, tiny.pdqQuality],
    ["insufficient", "too_small", null, [], 0],
  );
});

test("a hash of one kind of line, or nearly all ones or zeros, is insufficient by itself", () => {
  const shared = [
    "0".repeat(64),
    "f".repeat(64),
    "00ff".repeat(16),
    "aaaa".repeat(16),
    "f".repeat(32) + "0".repeat(32),
  ];
  for (const hash of [...shared, `${"0".repeat(60)}abcd`, `${"f".repeat(60)}1234`, "aaaa5555".repeat(8)]) {
    for (const kind of PERCEPTUAL_KINDS) {
      assert.equal(hashDetail(kind, hash), "insufficient", `${kind} ${hash}`);
    }
  }
});

test("a picture of sufficient detail has hashes that are sufficient by themselves", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { pdq, blockhash, detail } = fingerprintPixels(texturedPicture(200, 160, seed));
    assert.equal(detail, "sufficient");
    assert.equal(hashDetail("pdq", pdq ?? ""), "sufficient");
    assert.equal(hashDetail("blockhash", blockhash ?? ""), "sufficient");
  }
});

async function changesOf({ data, width, height }: Pixels): Promise<[string, Pixels][]> {
  const open = () => sharp(data, { raw: { width, height, channels: 3 } });
  const noisy = Uint8Array.from(data, (value, i) =>
    Math.max(0, Math.min(255, value + ((Math.imul(i, 2654435761) >>> 24) % 13) - 6)),
  );
  return [
    ["as a JPEG", await rawPixels(sharp(await open().jpeg({ quality: 60 }).toBuffer()))],
    ["at half size", await rawPixels(open().resize(width / 2))],
    ["at twice the size", await rawPixels(open().resize(width * 2))],
    ["with noise", { data: noisy, width, height }],
  ];
}

async function rawPixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

function near(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && hammingDistance(a, b) <= DEFAULT_MATCH_RULE.pdq;
}
