import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc, { array, constantFrom, property } from "fast-check";
import { foldName } from "../../src/names/fold.ts";
import { patternIdentity } from "../../src/names/pattern.ts";
import { PatternError } from "../../src/names/pattern-error.ts";
import { matchesWildcard, parseWildcard } from "../../src/names/wildcard.ts";

function matches(pattern: string, name: string): boolean {
  return parseWildcard(pattern).some((way) => matchesWildcard(way, foldName(name).characters));
}

describe("a wildcard pattern", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["bot", ["bot", "BOT", " bot ", "ｂｏｔ"], ["a bot", "bots", "bo", ""]],
    ["bot*", ["bot", "bots", "bot 7"], ["a bot"]],
    ["*bot", ["bot", "a bot"], ["bots"]],
    ["*bot*", ["bot", "robots"], ["b ot"]],
    ["b?t", ["bot", "bat", "b t", "b𝓸t", "b😀t"], ["bt", "boot"]],
    ["b??t", ["boot", "b😀😀t"], ["bot", "b😀t"]],
    ["???", ["abc", "mmm", "😀😀😀"], ["ab", "abcd"]],
    ["*?a", ["xa", "aa"], ["a"]],
    ["a*b*c", ["abc", "a b c", "aXbXbXc"], ["acb", "abcd"]],
    ["*ab*ab*", ["abab", "xabxabx"], ["ab", "aba"]],
    ["a*a", ["aa", "aba"], ["a"]],
    ["*aab", ["aaab", "aabaab"], ["aaba"]],
    ["b?m", ["bam", "barn", "bmm"], ["baam"]],
    ["ba??", ["barn"], ["bam"]],
    ["free\\*", ["free*"], ["freebie", "free"]],
    ["what\\?", ["what?"], ["whats"]],
    ["a\\\\b", ["a\\b"], ["ab"]],
    [" *spam* ", ["my spam", "spam"], ["spa m"]],
    ["*I?l*", ["xI|l", "x1Il"], ["xIl"]],
    ["*юlo", ["ЮЮ", "xЮЮ"], ["Ю"]],
    ["*lolo*ю*", ["ЮЮЮ", "ЮloЮ"], ["ЮЮ"]],
    ["раура?", ["paypal", "PAYPAI"], ["paypall"]],
  ];
  for (const [pattern, yes, no] of cases) {
    it(JSON.stringify(pattern), () => {
      for (const name of yes) assert.ok(matches(pattern, name), `${pattern} matches ${name}`);
      for (const name of no) assert.ok(!matches(pattern, name), `${pattern} doesn't match ${name}`);
    });
  }

  it("is refused where it matches every name, or ends in the middle of an escape", () => {
    for (const pattern of ["*", "**", " * ", "?*", "*?*", "\u200b*", "", "\\"]) {
      assert.throws(() => patternIdentity(pattern, "wildcard"), PatternError, pattern);
    }
    assert.throws(() => patternIdentity("ab\\", "wildcard"), /at position 2/);
    patternIdentity("??*", "wildcard");
  });

  it("matches what trying every way to place its stars would", () => {
    const texts = array(constantFrom("a", "b", "*", "?"), { maxLength: 8 }).map((parts) => parts.join(""));
    const names = array(constantFrom("a", "b", "m"), { maxLength: 10 }).map((parts) => parts.join(""));
    const plain = (pattern: string, name: string): boolean => {
      if (pattern === "") return name === "";
      if (pattern.startsWith("*"))
        return plain(pattern.slice(1), name) || (name !== "" && plain(pattern, name.slice(1)));
      return (
        name !== "" && (pattern.startsWith("?") || pattern[0] === name[0]) && plain(pattern.slice(1), name.slice(1))
      );
    };
    fc.assert(
      property(texts, names, (pattern, name) => {
        if (/^[*?]*$/.test(pattern)) return;
        assert.equal(matches(pattern, name), plain(pattern, name), `${pattern} ${name}`);
      }),
      { numRuns: 3000 },
    );
  });
});
