import assert from "node:assert/strict";
import { test } from "node:test";
import { redactKeys } from "../../src/redact-keys.ts";
import { newKeyToken } from "../../src/services/api-key-token.ts";

test("the secret of a key is taken out of a text wherever it stands, its id stays", () => {
  for (let round = 0; round < 100; round++) {
    const { id, secret, token } = newKeyToken();
    for (const text of [token, secret, `"${id}:${secret}"`, `/v1/x/${token}?a=${secret}&b`, `%3D${token}-`]) {
      const redacted = redactKeys(text);
      assert.ok(!redacted.includes(secret.slice(0, 27)), redacted);
      assert.ok(!text.includes("lk_") || redacted.includes(id.slice(4)), redacted);
    }
  }
});

test("a key that was cut off, or has a character too many, is taken out as well", () => {
  const { secret, token } = newKeyToken();
  for (const text of [token.slice(0, 46), `${token}x`, `/${token.slice(0, 30)} `, `"${token}${secret}"`]) {
    assert.equal(redactKeys(text).includes(secret.slice(0, 10)), false, redactKeys(text));
  }
});

test("ids and digests stay as they are", () => {
  for (const text of [
    `req_${"0f".repeat(16)}`,
    "chk_0123456789abcdefghij",
    "key_0123456789ab",
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "a".repeat(64),
  ]) {
    assert.equal(redactKeys(text), text);
  }
});
