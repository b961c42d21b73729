import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checksumHolds, newKeyToken, parseToken } from "../../src/services/api-key-token.ts";

describe("API key tokens", () => {
  it("parse back into the id and secret they were made of, checksum included", () => {
    for (let round = 0; round < 100; round++) {
      const key = newKeyToken();
      const parsed = parseToken(key.token);
      assert.deepEqual(parsed, { id: key.id, secret: key.secret });
      assert.ok(checksumHolds(key));
    }
  });

  it("with any one character changed, or two swapped, fail their checksum", () => {
    const { token } = newKeyToken();
    const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (let place = 3; place < token.length; place++) {
      if (token[place] === "_") continue;
      for (const character of alphabet) {
        if (character === token[place]) continue;
        const wrong = parseToken(token.slice(0, place) + character + token.slice(place + 1));
        assert.ok(wrong !== null && !checksumHolds(wrong));
      }
      const [left, right] = [token[place], token[place + 1]];
      if (right === undefined || right === "_" || left === right) continue;
      const swapped = parseToken(token.slice(0, place) + right + left + token.slice(place + 2));
      assert.ok(swapped !== null && !checksumHolds(swapped));
    }
  });

  it("of another form are no tokens", () => {
    for (const text of [
      "",
      "lk_",
      "lk_abc_def",
      "sk_live_1234",
      `${newKeyToken().token}x`,
      ` ${newKeyToken().token}`,
    ]) {
      assert.equal(parseToken(text), null);
    }
  });
});
