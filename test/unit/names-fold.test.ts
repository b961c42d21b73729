import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { foldName } from "../../src/names/fold.ts";
import { createNameMatcher } from "../../src/names/name-matcher.ts";
import { patternIdentity } from "../../src/names/pattern.ts";
import { createRegexCache } from "../../src/names/regex-cache.ts";
import { findAll, finish } from "../support/finish-pieces.ts";

function holds(name: string, pattern: string): boolean {
  patternIdentity(pattern, "substring");
  const matcher = finish(createNameMatcher([{ pattern, syntax: "substring" }], createRegexCache(1000)));
  return findAll(matcher, name).length > 0;
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
  ["a true capital I beside one that stands for an l", "BITCOIN CIub", "bitcoin club"],
  ["a 1 and a bar for an i", "b1tcoin b|tcoin", "bitcoin b|tcoin"],
  ["a 1 for an i beside one for an l", "ill1c1t p1lls", "illicit pills"],
  ["a small l for a capital I at the start of a word", "My lnstagram", "instagram"],
  ["a small l for a capital I among capitals", "BlTCOlN", "bitcoin"],
  ["an l in front of a number", "paypa12010", "paypal2010"],
  ["an l in front of a number, for a long word", "paypa12010", "paypal"],
  ["capital O among figures", "1OO", "100"],
  ["letters that look like figures, in a long text", "IOO% free", "100% free"],
  ["a Latin capital and a Cyrillic one of the same shape", "Вuy ВИАГРА", "buy виагра"],
  ["a figure as it is", "b0t2010", "t2010"],
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
  ["letters for the figures of a pattern", "igloo", "100"],
  ["a word that looks like a number", "loo", "100"],
  ["letters for the figure in a word of a pattern", "Botha", "b0t"],
  ["a number for letters of a short word", "Jana1975 Jana11", "anal"],
  ["a small l for the I of a short word", "de los Santos", "ios"],
  ["letters of a word that begins with a figure", "1ook", "100"],
  ["a figure of a number for a letter, in a short word", "Cecil48", "14"],
];

describe("names are folded for comparison", () => {
  for (const [what, name, pattern] of SAME) {
    it(`${what}: ${JSON.stringify(name)} holds ${JSON.stringify(pattern)}`, () => assert.ok(holds(name, pattern)));
  }
  for (const [what, name, pattern] of DIFFERENT) {
    it(`${what}: ${JSON.stringify(name)} doesn't hold ${JSON.stringify(pattern)}`, () =>
      assert.ok(!holds(name, pattern)));
  }

  it("in ways of which none of a character is how another begins, so that two ways to read a name are two texts", () => {
    for (let code = 0x20; code < 0x20000; code++) {
      const { characters, stretched } = foldName(String.fromCodePoint(code));
      for (const ways of [...characters, ...(stretched ?? [])]) {
        const isBegun = (way: string, at: number) => ways.some((other, place) => place !== at && way.startsWith(other));
        assert.ok(!ways.includes("") && !ways.some(isBegun), code.toString(16));
      }
    }
  });

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
