import { type FoldedName, foldName, foldPatternText, type Reading } from "./fold.ts";
import { createNeedleIndex, type NeedleIndex } from "./needle-index.ts";
import type { Syntax } from "./pattern.ts";
import type { RegexCache } from "./regex-cache.ts";
import { outlineRegex } from "./regex-outline.ts";
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
  return { find: (name) => findAll(prepared, regexes, name) };
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

function* findAll<Pattern extends NamePattern>(
  prepared: Prepared<Pattern>,
  cache: RegexCache,
  name: string,
): Pieces<FoundPattern<Pattern>[]> {
  const { patterns, wildcards, needless } = prepared;
  const folded = foldName(name);
  const texts = new Map<number, string>();
  const tried = new Set(needless.wildcards);
  for (const reading of folded.readings) yield* findFolded(prepared, reading, texts, tried);
  for (const number of tried) {
    if (texts.size >= MOST_FOUND) break;
    const whole = matchWildcard(wildcards.get(number) ?? [], folded);
    if (whole !== null) texts.set(number, whole);
    yield;
  }
  const forms = writtenForms(name, folded);
  for (const number of yield* findWritten(prepared, forms)) {
    if (texts.size >= MOST_FOUND) break;
    const regex = cache.get(patterns[number]?.pattern ?? "");
    const text = forms.reduce<string | null>((found, form) => found ?? regex.find(form), null);
    if (text !== null) texts.set(number, text);
    yield;
  }
  const numbers = [...texts].sort(([left], [right]) => left - right);
  return numbers.flatMap(([number, text]) => {
    const pattern = patterns[number];
    return pattern === undefined ? [] : [{ pattern, text }];
  });
}

/** Substrings that begin and end with characters of the name, and the wildcards to try. */
function* findFolded(
  { folded, wildcards }: Pick<Prepared<NamePattern>, "folded" | "wildcards">,
  { text, edges }: Reading,
  texts: Map<number, string>,
  tried: Set<number>,
): Pieces<void> {
  for (let place = 0; place < text.length && texts.size < MOST_FOUND; place++) {
    if (edges[place] !== 1) continue;
    folded.at(text, place, (needle, owners) => {
      if (edges[place + needle.length] !== 1) return;
      for (const number of owners) {
        if (wildcards.has(number)) tried.add(number);
        else if (texts.size < MOST_FOUND) texts.set(number, needle);
      }
    });
    yield;
  }
}

/** The regular expressions to try. */
function* findWritten(
  { written, needless }: Pick<Prepared<NamePattern>, "written" | "needless">,
  forms: readonly string[],
): Pieces<ReadonlySet<number>> {
  const tried = new Set(needless.regexes);
  for (const form of forms) {
    // The long s folds to an s where either case matches, and has no other lower case than itself.
    const text = form.toLowerCase().replaceAll("\u017f", "s");
    for (let place = 0; place < text.length; place++) {
      written.at(text, place, (_, owners) => {
        for (const number of owners) tried.add(number);
      });
      yield;
    }
  }
  return tried;
}

function matchWildcard(ways: readonly Wildcard[], { readings }: FoldedName): string | null {
  const reading = readings.find((each) => ways.some((way) => matchesWildcard(way, each)));
  return reading?.text ?? null;
}

/** What an expression is held against: the name as it was sent, and folded where that is more than lower case. */
function writtenForms(name: string, { readable }: FoldedName): string[] {
  return name.toLowerCase() === readable ? [name] : [name, readable];
}
