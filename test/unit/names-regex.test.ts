import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc, { array, constantFrom, property, tuple } from "fast-check";
import { RE2JS } from "re2js";
import { createNameMatcher } from "../../src/names/name-matcher.ts";
import { patternIdentity } from "../../src/names/pattern.ts";
import { PatternError } from "../../src/names/pattern-error.ts";
import { compileRegex } from "../../src/names/regex.ts";
import { createRegexCache } from "../../src/names/regex-cache.ts";
import { outlineRegex } from "../../src/names/regex-outline.ts";
import { findAll, finish } from "../support/finish-pieces.ts";

const run = promisify(execFile);

function find(pattern: string, name: string): string | null {
  const matcher = finish(createNameMatcher([{ pattern, syntax: "regex" }], createRegexCache(1000)));
  return findAll(matcher, name)[0]?.text ?? null;
}

describe("a regular expression", () => {
  it("is searched in the name as it was sent and as it reads, in either case", () => {
    assert.equal(find("^pay.?pal$", "PayPal"), "PayPal");
    assert.equal(find("^pay.?pal$", "рауpal"), "paypal");
    assert.equal(find("^mod\\b", "mоd 7"), "mod");
    assert.equal(find("[а-я]{3}", "рауpal"), "рау");
    assert.equal(find("\\d{4}$", "bot2010"), "2010");
    assert.equal(find("\\x{200b}", "a\u200bb"), "\u200b");
    assert.equal(find("bot", "robbery"), null);
  });

  it("with a repetition of repetitions takes time that grows with the name, not with its powers", async () => {
    const module = fileURLToPath(new URL("../../dist/names/regex.js", import.meta.url));
    // Backtracking would take longer than there is time; what does is ended with its process.
    const code = `import { compileRegex } from ${JSON.stringify(module)};
      const patterns = ["(a+)+$", "(a|aa)+$", "(a*)*b", "(a|a?)+c", "(.*a){20}x"];
      for (const pattern of patterns) {
        const regex = compileRegex(pattern);
        if (regex.find("a".repeat(500) + "!") !== null) process.exit(2);
      }
      console.log("done");`;
    const node = ["--input-type=module", "--eval", code];
    const { stdout } = await run(process.execPath, node, { timeout: 120_000, killSignal: "SIGKILL" });
    assert.equal(stdout.trim(), "done");
  });

  it("is refused where it can't be run in linear time, is too large, or matches the empty name", () => {
    const refused: readonly (readonly [string, RegExp])[] = [
      ["(a{1000}){1000}", /at most 500 instructions but received about 1\d{6}/],
      ["a{501}", /at most 500 instructions/],
      ["((((a{9}){9}){9}){9}){9}", /at most 500 instructions/],
      [`(?:${"abcdefgh".repeat(50)}){200}`, /at most 500 instructions/],
      ["(?:\\pL{70}){70}", /at most 500 instructions/],
      ["(?=a)", /invalid or unsupported Perl syntax at position 0/],
      ["a(?!b)", /invalid or unsupported Perl syntax at position 1/],
      ["(a)\\1", /invalid escape sequence at position 3/],
      ["ab(c", /missing closing \) at position 2/],
      ["a[)](", /missing closing \) at position 4/],
      ["a\\(b)", /unexpected \) at position 4/],
      ["abc[d", /missing closing ] at position 3/],
      ["a**", /invalid nested repetition operator at position 1/],
      ["x[b-a]", /invalid character class range at position 2/],
      ["*a", /missing argument to repetition operator at position 0/],
      ["ab\\", /trailing backslash at end of expression at position 2/],
      ["(?P<n>a)(?P<n>b)", /duplicate capture group name at position 12/],
      ["a*", /empty name/],
      ["(|a)", /empty name/],
    ];
    for (const [pattern, message] of refused) {
      assert.throws(
        () => compileRegex(pattern),
        (error) => error instanceof PatternError && message.test(error.message),
        `${pattern}: ${attempt(pattern)}`,
      );
    }
  });

  it("is refused where it is large and has to be tried on every name", () => {
    for (const pattern of ["(.{1,20}){10}$", "(\\w\\d?){40}", "(a?){100}b*c*[de]"]) {
      assert.throws(
        () => patternIdentity(pattern, "regex"),
        (error) => error instanceof PatternError && /a text that every match holds/.test(error.message),
        pattern,
      );
      patternIdentity(`${pattern.replace("$", "")} spam`, "regex");
    }
    patternIdentity("^\\d{20}$", "regex");
  });

  it("is compiled once while there is room, the least used forgotten first", () => {
    const cache = createRegexCache(30);
    const first = cache.get("abcdefgh");
    assert.equal(cache.get("abcdefgh"), first);
    cache.get("ijklmnop");
    assert.equal(cache.get("abcdefgh"), first);
    cache.get("qrstuvwx");
    assert.equal(cache.get("abcdefgh"), first);
    for (const other of ["aaaaaaaa", "bbbbbbbb", "cccccccc"]) cache.get(other);
    assert.notEqual(cache.get("abcdefgh"), first);
  });
});

describe("the outline of an expression", () => {
  it("names texts that every match holds", () => {
    const cases: readonly (readonly [string, readonly string[] | null])[] = [
      ["^abc_?\\d{2,4}$", ["abc"]],
      ["Buy[ ._-]*Viagra", ["viagra"]],
      ["(abc|def|gh)\\d+", ["abc", "def", "gh"]],
      ["(abc|d?)x", ["x"]],
      ["ab+cde", ["cde"]],
      ["a|b*", null],
      ["\\x41bc", ["bc"]],
      ["\\pLbc", ["bc"]],
      ["\\Qab\\Ecd", ["cd"]],
      ["[]a]bc", ["bc"]],
      ["[[:alpha:]]bc", ["bc"]],
      ["(?i:AB)c", ["ab"]],
      ["\\d+", null],
      ["é", null],
    ];
    for (const [source, needles] of cases) assert.deepEqual(outlineRegex(source).needles, needles, source);
  });

  it("never leads past a match, nor takes a large expression for a small one", () => {
    const parts = [
      "a",
      "b",
      "k",
      "s",
      "ab",
      ".",
      "\\d",
      "\\x41",
      "\\pL",
      "[ab]",
      "[^a]",
      "(",
      "(?:",
      "(?i)",
      ")",
      "|",
      "*",
      "+",
      "?",
    ];
    const more = ["{2}", "{0,2}", "{,2}", "{1", "\\b", "^", "$", "\\.", "\\Qa*\\E", "[]k]", "é", "K", "😀"];
    const sources = array(constantFrom(...parts, ...more), { maxLength: 10 }).map((chosen) => chosen.join(""));
    const names = array(
      constantFrom("a", "B", "K", "\u212a", "s", "\u017f", "ab", "1", ".", "é", " ", "{", "2", "}", "😀"),
      {
        maxLength: 8,
      },
    ).map((chosen) => chosen.join(""));
    let compared = 0;
    fc.assert(
      property(tuple(sources, names), ([source, name]) => {
        let compiled: RE2JS;
        try {
          compiled = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
        } catch {
          return;
        }
        assert.ok(outlineRegex(source).size * 3 + 10 >= compiled.programSize(), `the size of ${source}`);
        if (compiled.matcher("").find()) return;
        if (!compiled.matcher(name).find()) return;
        compared += 1;
        assert.notEqual(find(source, name), null, `${source} in ${name}`);
      }),
      { numRuns: 10_000 },
    );
    assert.ok(compared > 100, `${compared} matches`);
  });
});

function attempt(pattern: string): string {
  try {
    return `accepted with ${compileRegex(pattern).size} instructions`;
  } catch (error) {
    return String(error);
  }
}
