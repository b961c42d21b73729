import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { pdqOf } from "../../src/fingerprint/pdq.ts";
import type { Transform } from "../../src/fingerprint/transform.ts";
import { decodeFull } from "../../src/image/decode-image.ts";
import { sharedData } from "../support/shared-data.ts";

/** Bits by which an implementation with its own decoder may differ from the reference (ThreatExchange, pdq/README.md). */
const PYTHON_BITS = 16;
const CPP_BITS = 10;
const CPP_QUALITY = 80;

const folder = sharedData("vectors/pdq/");
const skip = folder === null ? "30 PDQ vectors are not beside the project" : false;

test("every PDQ vector is met: 16 bits of the Python hash, 10 of the C++ one at quality 80 and more", {
  skip,
}, async () => {
  const { expected } = JSON.parse(await readFile(`${folder}expected.json`, "utf8")) as {
    expected: Record<string, { python?: string; cpp?: string }>;
  };
  const misses: string[] = [];
  for (const [file, { python, cpp }] of Object.entries(expected)) {
    const { hash, quality } = await pdqOfFile(file);
    if (python !== undefined && hammingDistance(hash, python) > PYTHON_BITS) {
      misses.push(`${file}: ${hammingDistance(hash, python)} bits from Python`);
    }
    if (cpp !== undefined && quality >= CPP_QUALITY && hammingDistance(hash, cpp) > CPP_BITS) {
      misses.push(`${file}: ${hammingDistance(hash, cpp)} bits from C++`);
    }
  }
  assert.equal(Object.keys(expected).length, 30);
  assert.deepEqual(misses, []);
});

/** The reference turns anticlockwise, and its flip-x mirrors in the x axis. */
const DIHEDRAL: Record<string, Transform> = {
  "bridge-1-original": "identity",
  "bridge-2-rotate-90": "rotate270",
  "bridge-3-rotate-180": "rotate180",
  "bridge-4-rotate-270": "rotate90",
  "bridge-5-flipx": "flip",
  "bridge-6-flipy": "mirror",
  "bridge-7-flip-plus-1": "transpose",
  "bridge-8-flip-minus-1": "transverse",
};

test("the transforms of the upright bridge are the hashes of the turned ones, the reference's and our own", {
  skip,
}, async () => {
  const { expected } = JSON.parse(await readFile(`${folder}expected.json`, "utf8"));
  const { transforms } = await pdqOfFile("reg-test-input/dih/bridge-1-original.jpg");
  for (const [name, transform] of Object.entries(DIHEDRAL)) {
    const file = `reg-test-input/dih/${name}.jpg`;
    const fromReference = hammingDistance(transforms[transform], expected[file].python);
    const fromOwn = hammingDistance(transforms[transform], (await pdqOfFile(file)).hash);
    assert.ok(fromReference <= PYTHON_BITS, `${name}: ${fromReference} bits from the reference`);
    assert.ok(fromOwn <= 6, `${name}: ${fromOwn} bits from our hash of that file`);
  }
});

async function pdqOfFile(file: string) {
  const pdq = pdqOf(await decodeFull(await readFile(`${folder}${file}`)));
  assert.ok(pdq !== null, file);
  return pdq;
}
