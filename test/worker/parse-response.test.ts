import assert from "node:assert/strict";
import { test } from "node:test";
import { TRANSFORMS } from "../../src/fingerprint/transform.ts";
import { parseResponse } from "../../src/worker/parse-response.ts";

const hash = "0123456789abcdef".repeat(4);
const transforms = Object.fromEntries(TRANSFORMS.map((transform) => [transform, hash]));
const report = {
  pdq: hash,
  pdqQuality: 100,
  blockhash: hash,
  variants: [{ trimmed: false, pdq: transforms, blockhash: transforms }],
  detail: "sufficient",
  detailCause: null,
  width: 640,
  height: 480,
  format: "jpeg",
  frames: 1,
};

function fingerprinted(changes: object) {
  return { type: "fingerprinted", job: 1, heldBytes: 0, report: { ...report, ...changes } };
}

test("an answer within the protocol is taken as it is", () => {
  assert.deepEqual(parseResponse(fingerprinted({})), fingerprinted({}));
  const withoutHashes = fingerprinted({ pdq: null, blockhash: null, variants: [], detailCause: "too_small" });
  assert.deepEqual(parseResponse(withoutHashes), withoutHashes);
});

const lies: [string, unknown][] = [
  ["a hash that is no hash", fingerprinted({ pdq: "'; drop table image" })],
  [
    "a missing transform",
    fingerprinted({ variants: [{ trimmed: false, pdq: { identity: hash }, blockhash: transforms }] }),
  ],
  ["a third variant", fingerprinted({ variants: [1, 2, 3].map(() => report.variants[0]) })],
  ["a cause that isn't in the catalogue", fingerprinted({ detailCause: "ugly" })],
  ["an unknown format", fingerprinted({ format: "svg" })],
  ["a quality above 100", fingerprinted({ pdqQuality: 101 })],
  ["a member that isn't in the protocol", fingerprinted({ verdict: "allow" })],
  ["a score above 1", { type: "classified", job: 1, classified: { scores: { neutral: 2 }, neural: null } }],
  ["a neural hash that is no hash", { type: "classified", job: 1, classified: { scores: {}, neural: "0" } }],
  ["an error that isn't about the image", { type: "failed", job: 1, code: "credentials_invalid", message: "" }],
  ["a message of 1,001 characters", { type: "failed", job: 1, code: "image_unreadable", message: "x".repeat(1001) }],
  ["an unknown type", { type: "shutdown" }],
  ["no object", null],
];
for (const [title, response] of lies) {
  test(`${title} is not believed`, () => {
    assert.throws(() => parseResponse(response));
  });
}
