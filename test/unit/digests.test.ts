import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { createDigester, digestBytes } from "../../src/fingerprint/digests.ts";

const bytes = Buffer.alloc(2.5 * 1024 * 1024, "lookalike");
const expected = {
  sha1: createHash("sha1").update(bytes).digest("hex"),
  sha256: createHash("sha256").update(bytes).digest("hex"),
  md5: createHash("md5").update(bytes).digest("hex"),
};

test("bytes given in chunks have the digests of the whole", async () => {
  const digester = createDigester();
  for (let start = 0; start < bytes.length; start += 65_536) digester.update(bytes.subarray(start, start + 65_536));
  const finished = digester.finish(bytes);
  assert.equal(finished.sha256, expected.sha256);
  assert.deepEqual(await finished.digests(), expected);
});

test("no bytes have the digests of RFC 1321 and FIPS 180-4 for the empty message", async () => {
  assert.deepEqual(await digestBytes(new Uint8Array(0)).digests(), {
    sha1: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    md5: "d41d8cd98f00b204e9800998ecf8427e",
  });
});

test("asking again gives the same answer without hashing again", () => {
  const digests = digestBytes(bytes);
  assert.equal(digests.digests(), digests.digests());
});
