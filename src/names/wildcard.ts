import { foldPatternText } from "./fold.ts";
import type { Characters } from "./needle-index.ts";
import { PatternError } from "./pattern-error.ts";

/** Null stands for any one character of the name. */
type Segment = readonly (string | null)[];

/** A pattern with `*` and `?`, for one reading. */
export interface Wildcard {
  /** What stands between the stars; a name that begins with any run has an empty first segment. */
  readonly segments: readonly Segment[];
  /** The longest text that every matching name holds; empty where there is none. */
  readonly needle: string;
}

/**
 * Reads a wildcard pattern: `*` is any run of characters, `?` any one, a backslash takes the meaning from what follows.
 * @returns one for each way to read its text
 * @throws PatternError
 */
export function parseWildcard(pattern: string): readonly Wildcard[] {
  const segments = split(pattern.trim());
  const ways = (["upright", "lowered"] as const).map((way) =>
    toWildcard(segments.map((segment) => segment.map((part) => (part === null ? null : foldPatternText(part)[way])))),
  );
  const [upright, lowered] = ways;
  if (upright === undefined || lowered === undefined) return ways;
  if (upright.needle === "" && segments.length > 1 && segments.flat().length <= 1) {
    throw new PatternError("Expected a pattern that some names don't match but received one that all do");
  }
  return JSON.stringify(upright) === JSON.stringify(lowered) ? [upright] : ways;
}

function toWildcard(segments: readonly Segment[]): Wildcard {
  const texts = segments.flat().filter((part) => part !== null);
  return { segments, needle: texts.reduce((best, text) => (text.length > best.length ? text : best), "") };
}

function split(pattern: string): (string | null)[][] {
  const segments: (string | null)[][] = [[]];
  let text = "";
  const endText = () => {
    if (text !== "") segments.at(-1)?.push(text);
    text = "";
  };
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    if (character === "\\") {
      if (++at === pattern.length) {
        throw new PatternError(`Expected a character behind the backslash at position ${at - 1} but received none`);
      }
      text += pattern.charAt(at);
    } else if (character === "*") {
      endText();
      segments.push([]);
    } else if (character === "?") {
      endText();
      segments.at(-1)?.push(null);
    } else {
      text += character;
    }
  }
  endText();
  return segments;
}

/**
 * Whether the whole of a name matches. A segment that ends sooner leaves more for the next: so each takes the place where it
 * ends first, and none is tried again.
 */
export function matchesWildcard({ segments }: Wildcard, characters: Characters): boolean {
  const [first = []] = segments;
  let at = endOf(first, characters, 0);
  if (segments.length === 1) return at === characters.length;
  for (let index = 1; index < segments.length - 1 && at !== -1; index++) {
    at = firstEnd(segments[index] ?? [], characters, at);
  }
  if (at === -1) return false;
  const last = segments.at(-1) ?? [];
  for (let from = at; from <= characters.length; from++) {
    if (endOf(last, characters, from) === characters.length) return true;
  }
  return false;
}

/** Where the occurrence of a segment ends that ends first; -1 where there is none. */
function firstEnd(segment: Segment, characters: Characters, from: number): number {
  let best = -1;
  // Which of two ends first is not always which begins first: one character may be read as two letters.
  for (let at = from; best === -1 ? at <= characters.length : at < best; at++) {
    const end = endOf(segment, characters, at);
    if (end !== -1 && (best === -1 || end < best)) best = end;
  }
  return best;
}

/** Where a segment ends that begins with a character, as that of the character behind; -1 where it doesn't fit there. */
function endOf(segment: Segment, characters: Characters, from: number): number {
  let at = from;
  for (const part of segment) {
    if (part === null) {
      if (at >= characters.length) return -1;
      at += 1;
      continue;
    }
    for (let read = 0; read < part.length; at++) {
      const length = lengthRead(characters[at], part, read);
      if (length === 0) return -1;
      read += length;
    }
  }
  return at;
}

/** How much of a text a character may be read as; no two of its ways fit, since none is how another begins. */
function lengthRead(ways: readonly string[] | undefined, text: string, from: number): number {
  for (const way of ways ?? []) if (text.startsWith(way, from)) return way.length;
  return 0;
}
