import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { receiveBase64 } from "../../src/http/base64-image.ts";
import { parseUrlEncoded } from "../../src/http/read-body-text.ts";

const MAX_BYTES = 20 * 1024 * 1024;
/** Bytes whose base64 is `+`, `/` and letters. */
const bytes = Buffer.from("fbf0ffbe00fb", "hex");
const read = (text: string, blank: "" | "+" = "") => receiveBase64(text, "image", MAX_BYTES, blank).bytes;

describe("an image in base64", () => {
  it("may come in lines, in a data: URL, and without its padding", () => {
    const text = bytes.toString("base64");
    for (const given of [text, text.replace(/=*$/, ""), text.replaceAll(/(.)/g, "$1\r\n"), ` ${text}\t`]) {
      assert.deepEqual(read(given), bytes, given);
      assert.deepEqual(read(`data:image/png;base64,${given}`), bytes, given);
    }
  });

  it("may have blanks for `+` where a form took them away, and line ends besides", () => {
    const text = bytes.toString("base64");
    assert.ok(text.includes("+"));
    assert.deepEqual(read(`${text.replaceAll("+", " ")}\n`, "+"), bytes);
  });

  it("is refused where it has other characters, ASCII or not, also beside blanks", () => {
    for (const text of ["AAAA*", "AAAA\u0141", "AA AA\u0141", "AA\u00a0AA", "AA\u2003AA", "AA\0 AA"]) {
      assert.throws(() => read(text), { code: "image_unreadable" }, JSON.stringify(text));
    }
    for (const text of ["", " \r\n", "data:image/png;base64,\n"]) {
      assert.throws(() => read(text), { code: "image_empty" }, JSON.stringify(text));
    }
  });

  it("takes no longer for being full of blanks, or of `+` in a form: one request can't hold up all others", () => {
    const took = (work: () => unknown) => {
      const begun = performance.now();
      work();
      return performance.now() - begun;
    };
    const half = 6_000_000;
    const plain = took(() => read("A".repeat(2 * half)));
    for (const blank of ["", "+"] as const) {
      const blanks = took(() => read("A ".repeat(half), blank));
      assert.ok(blanks < 6 * plain, `${blanks} ms, and ${plain} ms without blanks`);
    }
    const form = (text: string) => parseUrlEncoded(Buffer.from(`image=${text}`), 4 * half);
    const letters = took(() => form("A".repeat(2 * half)));
    const pluses = took(() => assert.equal(form("A+".repeat(half)).image, "A ".repeat(half)));
    assert.ok(pluses < 6 * letters, `${pluses} ms, and ${letters} ms without +`);
  });
});
