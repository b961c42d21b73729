import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc, { array, constantFrom, property } from "fast-check";
import { createNameMatcher, type FoundPattern, type NamePattern } from "../../src/names/name-matcher.ts";
import { createNeedleIndex } from "../../src/names/needle-index.ts";
import { createRegexCache } from "../../src/names/regex-cache.ts";
import { findAll, finish } from "../support/finish-pieces.ts";

function matcherOf(patterns: readonly NamePattern[]) {
  return finish(createNameMatcher(patterns, createRegexCache(10_000)));
}

describe("the index of needles", () => {
  it("finds at each place of a text exactly the needles that stand there", () => {
    const words = array(constantFrom("a", "b", "c"), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));
    fc.assert(
      property(array(words, { maxLength: 30 }), array(words, { maxLength: 4 }), (needles, parts) => {
        const owners = new Map(needles.map((needle, number) => [needle, [number]]));
        const index = createNeedleIndex(owners);
        const text = parts.join("");
        const characters = Array.from(text, (character) => [character]);
        for (let place = 0; place < text.length; place++) {
          const found: string[] = [];
          index.at(characters, place, (needle, numbers) => {
            assert.deepEqual(numbers, owners.get(needle));
            found.push(needle);
          });
          const standing = [...owners.keys()].filter((needle) => text.startsWith(needle, place));
          assert.deepEqual(found.sort(), standing.sort());
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a matcher of many patterns", () => {
  it("finds in a name all those that it would match alone", () => {
    const alphabet = constantFrom("a", "b", "m", "I", "l", "*", "?", " ");
    const patterns = array(alphabet, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(""));
    const names = array(constantFrom("a", "b", "rn", "m", "I", "l", " "), { maxLength: 8 }).map((parts) =>
      parts.join(""),
    );
    fc.assert(
      property(array(patterns, { maxLength: 20 }), names, (texts, name) => {
        const all = texts.flatMap((pattern): NamePattern[] =>
          /[*?]/.test(pattern)
            ? /^[*? ]*$/.test(pattern)
              ? []
              : [{ pattern, syntax: "wildcard" }]
            : [
                { pattern, syntax: "substring" },
                { pattern: `${pattern}.`, syntax: "regex" },
              ],
        );
        const found = new Set(findAll(matcherOf(all), name).map(({ pattern }) => pattern));
        const alone = all.filter((pattern) => findAll(matcherOf([pattern]), name).length > 0);
        assert.deepEqual(
          all.filter((pattern) => found.has(pattern)),
          alone,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it("names at most 100", () => {
    const patterns = Array.from({ length: 300 }, (_, index) => ({
      pattern: "a".repeat(1 + (index % 150)),
      syntax: (["substring", "wildcard", "regex"] as const)[index % 3] ?? "regex",
    })).map((each) => (each.syntax === "wildcard" ? { ...each, pattern: `*${each.pattern}*` } : each));
    assert.equal(findAll(matcherOf(patterns), "a".repeat(500)).length, 100);
  });

  it("does its work in pieces, each a small part of what ten thousand patterns take", () => {
    const patterns = Array.from({ length: 10_000 }, (_, index) => ({
      pattern: `${"ab".repeat(1 + (index % 200))}${index}`,
      syntax: "substring" as const,
    }));
    let pieces = 0;
    const matcher = finish(createNameMatcher(patterns, createRegexCache(1000)), () => pieces++);
    assert.ok(pieces >= 10_000);
    pieces = 0;
    const found: FoundPattern<(typeof patterns)[number]>[] = [];
    finish(matcher.find("ab".repeat(250), found), () => pieces++);
    assert.deepEqual(found, []);
    assert.ok(pieces >= 500, `${pieces} pieces`);
  });

  it("takes patterns of a single character, and names without any", () => {
    const matcher = matcherOf([
      { pattern: "€", syntax: "substring" },
      { pattern: "?", syntax: "wildcard" },
      { pattern: "^.$", syntax: "regex" },
    ]);
    assert.equal(findAll(matcher, "€").length, 3);
    assert.equal(findAll(matcher, "a€").length, 1);
    for (const name of ["", " ", "\u200b"]) {
      assert.deepEqual(
        findAll(matcher, name).map(({ pattern }) => pattern.syntax),
        name === "" ? [] : ["regex"],
      );
    }
  });
});
