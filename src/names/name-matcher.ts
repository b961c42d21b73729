import { type FoldedName, foldName, foldPatternText } from "./fold.ts";
import { type Characters, createNeedleIndex, type NeedleIndex } from "./needle-index.ts";
import type { Syntax } from "./pattern.ts";
import type { RegexCache } from "./regex-cache.ts";
import { outlineRegex } from "./regex-outline.ts";
import { matchesWildcard, parseWildcard, type Wildcard } from "./wildcard.ts";

/**
 * Texts so long are also found in stretched readings: `paypa12010` holds `paypal`. Shorter ones would be found in too many
 * names that look like nothing of the kind: `Jana1975` doesn't hold `anal`.
 */
const LONG = 6;

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
  /**
   * Adds to `found` the patterns that match, until it has 100; what was found stays where the work is not ended.
   * @param isInForce patterns for which it is false don't match
   */
  find(name: string, found: FoundPattern<Pattern>[], isInForce?: (pattern: Pattern) => boolean): Pieces<void>;
  /** As `find`, for the expressions that have to be tried on every name: they may take far longer. */
  findByTrial(name: string, found: FoundPattern<Pattern>[], isInForce?: (pattern: Pattern) => boolean): Pieces<void>;
}

interface Prepared<Pattern extends NamePattern> {
  readonly patterns: readonly Pattern[];
  /** By the number of their pattern. */
  readonly wildcards: ReadonlyMap<number, readonly Wildcard[]>;
  /** Substrings, and the longest text of each wildcard, as they are folded. */
  readonly folded: NeedleIndex;
  /** What regular expressions need, in lower case. */
  readonly written: NeedleIndex;
  /** Numbers of the wildcards and of the expressions that no needle leads to. */
  readonly needless: { readonly wildcards: readonly number[]; readonly regexes: readonly number[] };
}

/**
 * Makes patterns ready, each accepted by `patternIdentity` before. Substrings are found by an index; a wildcard or a regular
 * expression is tried where a text that it needs stands in the name, and always where it needs none.
 */
export function* createNameMatcher<Pattern extends NamePattern>(
  patterns: readonly Pattern[],
  regexes: RegexCache,
): Pieces<NameMatcher<Pattern>> {
  const prepared = yield* prepare(patterns);
  return {
    find: (name, found, isInForce = () => true) => find(prepared, regexes, name, found, isInForce),
    findByTrial: (name, found, isInForce = () => true) => findByTrial(prepared, regexes, name, found, isInForce),
  };
}

function* prepare<Pattern extends NamePattern>(patterns: readonly Pattern[]): Pieces<Prepared<Pattern>> {
  const folded = new Map<string, number[]>();
  const written = new Map<string, number[]>();
  const wildcards = new Map<number, readonly Wildcard[]>();
  const needless = { wildcards: [] as number[], regexes: [] as number[] };
  for (const [number, { pattern, syntax }] of patterns.entries()) {
    if (syntax === "regex") {
      const { needles } = outlineRegex(pattern);
      if (needles === null) needless.regexes.push(number);
      for (const needle of needles ?? []) addOwner(written, needle, number);
    } else if (syntax === "substring") {
      for (const text of Object.values(foldPatternText(pattern))) addOwner(folded, text, number);
    } else {
      const ways = parseWildcard(pattern);
      wildcards.set(number, ways);
      if (ways.some(({ needle }) => needle === "")) needless.wildcards.push(number);
      else for (const { needle } of ways) addOwner(folded, needle, number);
    }
    yield;
  }
  const indexes = { folded: createNeedleIndex(folded), written: createNeedleIndex(written) };
  return { patterns, wildcards, needless, ...indexes };
}

function addOwner(owners: Map<string, number[]>, needle: string, number: number): void {
  const known = owners.get(needle);
  if (known === undefined) owners.set(needle, [number]);
  else if (known.at(-1) !== number) known.push(number);
}

function* find<Pattern extends NamePattern>(
  { patterns, wildcards, folded, written, needless }: Prepared<Pattern>,
  cache: RegexCache,
  name: string,
  found: FoundPattern<Pattern>[],
  isInForce: (pattern: Pattern) => boolean,
): Pieces<void> {
  const read = foldName(name);
  const texts = new Map(yield* standing(folded, read.characters, 1));
  if (read.stretched !== null) {
    for (const [number, text] of yield* standing(folded, read.stretched, LONG)) texts.set(number, text);
  }
  for (const number of needless.wildcards) texts.set(number, "");
  for (const [number, text] of texts) {
    const pattern = patterns[number];
    if (found.length >= MOST_FOUND) return;
    if (pattern === undefined || !isInForce(pattern)) continue;
    const ways = wildcards.get(number);
    if (ways === undefined) found.push({ pattern, text });
    else if (matchesOne(ways, read)) found.push({ pattern, text: read.readable });
    yield;
  }
  const forms = writtenForms(name, read);
  const numbers = new Set<number>();
  for (const form of forms) {
    // The long s folds to an s where either case matches, and has no other lower case than itself.
    const text = form.toLowerCase().replaceAll("\u017f", "s");
    const characters = Array.from(text, (character) => [character]);
    for (const number of (yield* standing(written, characters, 1)).keys()) numbers.add(number);
  }
  yield* tryRegexes({ patterns, cache, numbers, forms }, found, isInForce);
}

function* findByTrial<Pattern extends NamePattern>(
  { patterns, needless }: Prepared<Pattern>,
  cache: RegexCache,
  name: string,
  found: FoundPattern<Pattern>[],
  isInForce: (pattern: Pattern) => boolean,
): Pieces<void> {
  if (needless.regexes.length === 0) return;
  const forms = writtenForms(name, foldName(name));
  yield* tryRegexes({ patterns, cache, numbers: needless.regexes, forms }, found, isInForce);
}

/** The numbers of the patterns whose needles, of so many units or more, stand in a text, each with one of them. */
function* standing(
  index: NeedleIndex,
  characters: Characters,
  leastUnits: number,
): Pieces<ReadonlyMap<number, string>> {
  const texts = new Map<number, string>();
  for (let place = 0; place < characters.length && index.size > 0; place++) {
    index.at(characters, place, (needle, owners) => {
      if (needle.length >= leastUnits) for (const number of owners) texts.set(number, needle);
    });
    yield;
  }
  return texts;
}

interface Trial<Pattern extends NamePattern> {
  readonly patterns: readonly Pattern[];
  readonly cache: RegexCache;
  readonly numbers: Iterable<number>;
  readonly forms: readonly string[];
}

function* tryRegexes<Pattern extends NamePattern>(
  { patterns, cache, numbers, forms }: Trial<Pattern>,
  found: FoundPattern<Pattern>[],
  isInForce: (pattern: Pattern) => boolean,
): Pieces<void> {
  for (const number of numbers) {
    const pattern = patterns[number];
    if (found.length >= MOST_FOUND) return;
    if (pattern === undefined || !isInForce(pattern)) continue;
    const regex = cache.get(pattern.pattern);
    const text = forms.reduce<string | null>((first, form) => first ?? regex.find(form), null);
    if (text !== null) found.push({ pattern, text });
    yield;
  }
}

function matchesOne(ways: readonly Wildcard[], { characters, stretched }: FoldedName): boolean {
  return ways.some(
    (way) =>
      matchesWildcard(way, characters) ||
      (way.needle.length >= LONG && stretched !== null && matchesWildcard(way, stretched)),
  );
}

/** What an expression is held against: the name as it was sent, and folded where that is more than lower case. */
function writtenForms(name: string, { readable }: FoldedName): string[] {
  return name.toLowerCase() === readable ? [name] : [name, readable];
}
