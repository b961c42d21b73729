import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { findImageById } from "../../src/db/find-image.ts";
import { type CheckedImage, recordNewImage } from "../../src/db/record-check.ts";
import type { Variant } from "../../src/fingerprint/fingerprint.ts";
import { looksOf } from "../../src/fingerprint/looks.ts";
import { neuralHashOf } from "../../src/fingerprint/neural.ts";
import { TRANSFORMS, type Transform } from "../../src/fingerprint/transform.ts";
import { checkedImage, freeCheck } from "../support/checked-image.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { randomHash, seededRandom, vectorOf } from "../support/near-corpus.ts";

const random = seededRandom(29);
let made: TestDatabase;
before(async () => {
  made = await createTestDatabase();
});
after(() => made.drop());

function drawVariant(trimmed: boolean): Variant {
  const each = () =>
    Object.fromEntries(TRANSFORMS.map((transform) => [transform, randomHash(random)])) as Record<Transform, string>;
  return { trimmed, pdq: each(), blockhash: each() };
}

const joined = (hashes: Variant["pdq"]) => TRANSFORMS.map((transform) => hashes[transform]).join("");

async function known(image: CheckedImage) {
  const { id } = await recordNewImage(made.database, image, null, freeCheck());
  const found = await findImageById(made.database, id);
  assert.ok(found);
  return found;
}

describe("looks of an image that was checked before", () => {
  const whole = drawVariant(false);
  const trimmed = drawVariant(true);
  const stored = {
    ...checkedImage(1, null),
    detail: "sufficient",
    pdqTransforms: joined(whole.pdq),
    blockhash: whole.blockhash.identity,
    blockhashTransforms: joined(whole.blockhash),
    trimmedTransforms: joined(trimmed.pdq) + joined(trimmed.blockhash),
  } as const;

  test("are those that it was stored with, in their order, whole before trimmed", async () => {
    const image = await known({ ...stored, detailCause: null });
    assert.deepEqual(image.looks, looksOf([whole, trimmed]));
    assert.deepEqual([image.pdq, image.blockhash], [whole.pdq.identity, whole.blockhash.identity]);
  });

  test("are the trimmed ones alone where the whole picture has too little detail, and it says why", async () => {
    const image = await known({ ...stored, detailCause: "little_texture" });
    assert.deepEqual([image.looks, image.detailCause], [looksOf([trimmed]), "little_texture"]);
    assert.equal(image.pdq, whole.pdq.identity);
  });

  test("are none where there is too little detail in all of it", async () => {
    const image = await known({
      ...stored,
      detail: "insufficient",
      detailCause: "too_small",
      trimmedTransforms: null,
    });
    assert.deepEqual([image.looks, image.detail], [[], "insufficient"]);
  });
});

test("a neural hash stays where a later check makes none, and is replaced by a later one", async () => {
  const image = checkedImage(2, { pdq: randomHash(random), blockhash: randomHash(random) });
  const [first, second] = [vectorOf(randomHash(random)), vectorOf(randomHash(random))];
  const neural = [];
  for (const made of [{}, { neural: first, neuralVersion: "a" }, {}, { neural: second, neuralVersion: "b" }]) {
    neural.push((await known({ ...image, ...made })).neural);
  }
  const a = neuralHashOf("a", first);
  assert.deepEqual(neural, [null, a, a, neuralHashOf("b", second)]);
});

test("of a neural hash the vector is stored, a byte a number, and told with the signs as its bits", async () => {
  const hash = randomHash(random);
  const image = checkedImage(3, { pdq: hash, blockhash: hash });
  for (const [numbers, bits] of [
    [vectorOf(hash), hash],
    ["ff".repeat(256), "f".repeat(64)],
    ["80".repeat(256), "f".repeat(64)],
    ["01".repeat(256), "0".repeat(64)],
    ["7f80".repeat(128), "5".repeat(64)],
  ] as const) {
    const { neural } = await known({ ...image, neural: numbers, neuralVersion: "a" });
    assert.deepEqual(neural, { version: "a", vector: numbers, hash: bits });
    const { rows } = await made.database.pool.query(
      "select neural, neural_version from image where sha256 = decode($1, 'hex')",
      [image.digests.sha256],
    );
    assert.deepEqual(rows, [{ neural: Buffer.from(numbers, "hex"), neural_version: "a" }]);
  }
});
