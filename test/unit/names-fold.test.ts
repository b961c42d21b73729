import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { foldName } from "../../src/names/fold.ts";
import { createNameMatcher } from "../../src/names/name-matcher.ts";
import { patternIdentity } from "../../src/names/pattern.ts";
import { createRegexCache } from "../../src/names/regex-cache.ts";
import { finish } from "../support/finish-pieces.ts";

function holds(name: string, pattern: string): boolean {
  patternIdentity(pattern, "substring");
  const matcher = finish(createNameMatcher([{ pattern, syntax: "substring" }], createRegexCache(1000)));
  return finish(matcher.find(name)).length > 0;
}

/** Names that look like a word, or are the same to those who read them; the confusables are from UTS 39's own table. */
const SAME: readonly (readonly [string, string, string])[] = [
  ["Cyrillic for Latin", "рауpal", "paypal"],
  ["Greek for Latin", "ρaypal", "paypal"],
  ["Armenian, Cherokee and Lisu letters", "Տսрροгt Ꮪꓴꓑ", "support sup"],
  ["a digit for a letter", "paypa1", "paypal"],
  ["a capital I for an l", "paypaI", "paypal"],
  ["a bar for an l", "paypa|", "paypal"],
  ["a zero for an o", "g00gle", "google"],
  ["two letters for one", "arnazon", "amazon"],
  ["mathematical letters", "𝓹𝓪𝔂𝓹𝓪𝓵", "paypal"],
  ["fullwidth letters", "ＰａｙＰａｌ", "paypal"],
  ["circled letters", "Ⓟⓐⓨⓟⓐⓛ", "paypal"],
  ["a ligature", "oﬃce", "office"],
  ["mixed case", "PaYpAl", "paypal"],
  ["capitals of Cyrillic, and a true capital I among them", "ВITСОIN", "bitcoin"],
  ["zero-width characters", "p\u200ba\u200cy\u200dp\u2060a\ufeffl", "paypal"],
  ["bidirectional marks", "pay\u202epal\u202c", "paypal"],
  ["soft hyphens", "pay\u00adpal", "paypal"],
  ["variation selectors and tags", "pay\ufe0fpal\u{e0061}", "paypal"],
  ["a control and a NUL", "pay\u0000p\u0007al", "paypal"],
  ["stacks of marks", "p̷̢̛a̶y̸p̵a̴l̷", "paypal"],
  ["accents", "páypâl", "paypal"],
  ["white space of every kind", "free\u00a0\u3000\t\u2800money", "free money"],
  ["the sharp s", "STRASSE", "straße"],
  ["the Turkish dotless and dotted i", "ISTANBUL İstanbul ıstanbul", "istanbul"],
  ["both small sigmas", "ΣΟΦΟΣ", "σοφος"],
  ["capitals of another script", "ВИАГРА", "виагра"],
  ["small letters for its capitals", "виагра", "ВИАГРА"],
];

const DIFFERENT: readonly (readonly [string, string, string])[] = [
  ["an i for an l inside a word", "Sally", "ali"],
  ["half of a letter that looks like two", "mob", "nob"],
  ["half of another", "snob", "smob"],
  ["letters with blanks between", "p a y p a l", "paypal"],
  ["figures for letters that don't look like them", "p4ypa1", "paypal"],
  ["marks that are letters", "की", "कि"],
];

describe("names are folded for comparison", () => {
  for (const [what, name, pattern] of SAME) {
    it(`${what}: ${JSON.stringify(name)} holds ${JSON.stringify(pattern)}`, () => assert.ok(holds(name, pattern)));
  }
  for (const [what, name, pattern] of DIFFERENT) {
    it(`${what}: ${JSON.stringify(name)} doesn't hold ${JSON.stringify(pattern)}`, () =>
      assert.ok(!holds(name, pattern)));
  }

  it("for people in lower case, with the letters they would read", () => {
    const readable = (name: string) => foldName(name).readable;
    assert.equal(readable("  РауРal \t Support "), "paypal support");
    assert.equal(readable("Mary b0t2010"), "mary b0t2010");
    assert.equal(readable("ｍｏｄ mоd 𝐦od"), "mod mod mod");
    assert.equal(readable("\u0000a\ud800"), "a\ufffd");
    assert.equal(readable(""), "");
  });

  it("whatever is folded already stays as it is", () => {
    for (const [, name, pattern] of [...SAME, ...DIFFERENT]) {
      for (const text of [name, pattern]) {
        const once = foldName(text).readable;
        assert.equal(foldName(once).readable, once);
      }
    }
  });

  it("patterns that match the same names are the same, and others aren't", () => {
    const same = (left: string, right: string) =>
      patternIdentity(left, "substring") === patternIdentity(right, "substring");
    assert.ok(same("PayPal", "рауpal"));
    assert.ok(same("CLICK", "click"));
    assert.ok(same("Straße", "strasse"));
    assert.ok(!same("mail", "mall"));
    assert.notEqual(patternIdentity("a", "substring"), patternIdentity("a", "wildcard"));
    assert.notEqual(patternIdentity("a", "wildcard"), patternIdentity("a", "regex"));
    assert.notEqual(patternIdentity("\\S", "regex"), patternIdentity("\\s", "regex"));
  });
});
