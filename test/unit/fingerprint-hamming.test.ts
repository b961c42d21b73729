import assert from "node:assert/strict";
import { test } from "node:test";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { bytesToHex, hexToBytes, isHash256 } from "../../src/fingerprint/hex.ts";

const ZEROS = "0".repeat(64);
const ONES = "f".repeat(64);

test("a hash is at distance 0 from itself and 256 from its complement", () => {
  assert.equal(hammingDistance(ONES, ONES), 0);
  assert.equal(hammingDistance(ZEROS, ONES), 256);
});

test("every single bit of a hash counts once, in hex and in bytes alike", () => {
  for (let bit = 0; bit < 256; bit++) {
    const bytes = new Uint8Array(32);
    bytes[bit >> 3] = 1 << (bit & 7);
    assert.equal(hammingDistance(bytes, ZEROS), 1);
    assert.equal(hammingDistance(bytesToHex(bytes), new Uint8Array(32)), 1);
  }
});

test("distance refuses hashes of another length", () => {
  assert.throws(() => hammingDistance("00", ONES), RangeError);
  assert.throws(() => hammingDistance(ONES, new Uint8Array(31)), RangeError);
});

test("hex survives the way to bytes and back, in lower case", () => {
  const hex = "0123456789abcdef".repeat(4);
  assert.equal(bytesToHex(hexToBytes(hex)), hex);
  assert.equal(bytesToHex(hexToBytes(hex.toUpperCase())), hex);
});

test("only 64 lower-case hex digits are a 256-bit hash", () => {
  assert.equal(isHash256(ONES), true);
  for (const text of ["", "f".repeat(63), "f".repeat(65), "F".repeat(64), `${"f".repeat(63)}g`, `${ONES}\n`]) {
    assert.equal(isHash256(text), false, JSON.stringify(text));
  }
});
