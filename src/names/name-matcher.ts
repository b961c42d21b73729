import { type FoldedName, foldName, foldPatternText, type Reading } from "./fold.ts";
import { createNeedleIndex, type NeedleIndex } from "./needle-index.ts";
import type { Syntax } from "./pattern.ts";
import type { RegexCache } from "./regex-cache.ts";
import { matchesWildcard, parseWildcard, type Wildcard } from "./wildcard.ts";

/** Most patterns told of one name. */
const MOST_FOUND = 100;

export interface NamePattern {
  readonly pattern: string;
  readonly syntax: Syntax;
}

/** A pattern that a name matches. */
export interface FoundPattern<Pattern extends NamePattern> {
  readonly pattern: Pattern;
  /** The part of the name that matches, as it was compared: folded, or for an expression maybe as it was sent. */
  readonly text: string;
}

/** Work in small pieces: it yields after each, so that whoever runs it can see to other things. */
export type Pieces<Result> = Generator<void, Result, void>;

/** Patterns made ready, to hold names against. */
export interface NameMatcher<Pattern extends NamePattern> {
  /** The patterns that match, at most 100. */
  find(name: string): Pieces<FoundPattern<Pattern>[]>;
}

interface Prepared<Pattern extends NamePattern> {
  readonly patterns: readonly Pattern[];
  /** By the number of their pattern. */
  readonly wildcards: ReadonlyMap<number, readonly Wildcard[]>;
  /** Numbers of wildcards that no needle leads to. */
  readonly needless: readonly number[];
  readonly regexes: readonly number[];
  readonly needles: NeedleIndex;
}

/**
 * Makes patterns ready, each accepted by `patternIdentity` before. Substrings, and the longest text of each wildcard, are
 * found by an index; a wildcard is tried where its text stands in the name, a regular expression always.
 */
export function* createNameMatcher<Pattern extends NamePattern>(
  patterns: readonly Pattern[],
  regexes: RegexCache,
): Pieces<NameMatcher<Pattern>> {
  const prepared = yield* prepare(patterns);
  return { find: (name) => findAll(prepared, regexes, name) };
}

function* prepare<Pattern extends NamePattern>(patterns: readonly Pattern[]): Pieces<Prepared<Pattern>> {
  const owners = new Map<string, number[]>();
  const wildcards = new Map<number, readonly Wildcard[]>();
  const needless: number[] = [];
  const regexes: number[] = [];
  const own = (needle: string, number: number) => {
    const known = owners.get(needle);
    if (known === undefined) owners.set(needle, [number]);
    else if (known.at(-1) !== number) known.push(number);
  };
  for (const [number, { pattern, syntax }] of patterns.entries()) {
    if (syntax === "regex") {
      regexes.push(number);
    } else if (syntax === "substring") {
      for (const text of Object.values(foldPatternText(pattern))) own(text, number);
    } else {
      const ways = parseWildcard(pattern);
      wildcards.set(number, ways);
      if (ways.some(({ needle }) => needle === "")) needless.push(number);
      else for (const { needle } of ways) own(needle, number);
    }
    yield;
  }
  return { patterns, wildcards, needless, regexes, needles: createNeedleIndex(owners) };
}

function* findAll<Pattern extends NamePattern>(
  prepared: Prepared<Pattern>,
  cache: RegexCache,
  name: string,
): Pieces<FoundPattern<Pattern>[]> {
  const folded = foldName(name);
  const texts = new Map<number, string>();
  const candidates = new Set(prepared.needless);
  for (const reading of folded.readings) yield* findNeedles(prepared, reading, texts, candidates);
  for (const number of candidates) {
    if (texts.size >= MOST_FOUND) break;
    const whole = matchWildcard(prepared.wildcards.get(number) ?? [], folded);
    if (whole !== null) texts.set(number, whole);
    yield;
  }
  const written = writtenForms(name, folded);
  for (const number of prepared.regexes) {
    if (texts.size >= MOST_FOUND) break;
    const regex = cache.get(prepared.patterns[number]?.pattern ?? "");
    for (const form of written) {
      const text = regex.find(form);
      if (text !== null) texts.set(number, text);
      if (text !== null) break;
    }
    yield;
  }
  const numbers = [...texts].sort(([left], [right]) => left - right).slice(0, MOST_FOUND);
  return numbers.flatMap(([number, text]) => {
    const pattern = prepared.patterns[number];
    return pattern === undefined ? [] : [{ pattern, text }];
  });
}

/** Substrings that begin and end with characters of the name, and the wildcards to try. */
function* findNeedles(
  { needles, wildcards }: Pick<Prepared<NamePattern>, "needles" | "wildcards">,
  { text, edges }: Reading,
  texts: Map<number, string>,
  candidates: Set<number>,
): Pieces<void> {
  for (let place = 0; place < text.length; place++) {
    if (edges[place] === 1) {
      needles.at(text, place, (needle, owners) => {
        if (edges[place + needle.length] !== 1) return;
        for (const number of owners) {
          if (wildcards.has(number)) candidates.add(number);
          else if (texts.size < MOST_FOUND) texts.set(number, needle);
        }
      });
    }
    yield;
  }
}

function matchWildcard(ways: readonly Wildcard[], { readings }: FoldedName): string | null {
  const reading = readings.find((each) => ways.some((way) => matchesWildcard(way, each)));
  return reading?.text ?? null;
}

/** What an expression is held against: the name as it was sent, and folded where that is more than lower case. */
function writtenForms(name: string, { readable }: FoldedName): string[] {
  return name.toLowerCase() === readable ? [name] : [name, readable];
}
