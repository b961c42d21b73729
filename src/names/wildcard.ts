import { foldPatternText, type Reading } from "./fold.ts";
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
 * Whether the whole of a name matches. A segment that ends sooner leaves more for the next, and the one that begins first
 * ends first: so each takes the first place where it fits, and none is tried again.
 */
export function matchesWildcard({ segments }: Wildcard, reading: Reading): boolean {
  const { text, edges } = reading;
  const [first = []] = segments;
  let at = endOf(first, reading, 0);
  if (segments.length === 1) return at === text.length;
  for (let index = 1; index < segments.length - 1 && at !== -1; index++)
    at = search(segments[index] ?? [], reading, at);
  if (at === -1) return false;
  const last = segments.at(-1) ?? [];
  for (let from = at; from <= text.length; from++) {
    if (edges[from] === 1 && endOf(last, reading, from) === text.length) return true;
  }
  return false;
}

/** Where the first occurrence of a segment ends; -1 where there is none. */
function search(segment: Segment, reading: Reading, from: number): number {
  for (let at = from; at <= reading.text.length; at++) {
    if (reading.edges[at] !== 1) continue;
    const end = endOf(segment, reading, at);
    if (end !== -1) return end;
  }
  return -1;
}

/** Where a segment that begins at a place ends, at the end of a character; -1 where it doesn't fit there. */
function endOf(segment: Segment, { text, edges }: Reading, from: number): number {
  let at = from;
  for (const part of segment) {
    if (part !== null) {
      if (!text.startsWith(part, at)) return -1;
      at += part.length;
    } else {
      if (edges[at] !== 1 || at === text.length) return -1;
      do at += 1;
      while (edges[at] !== 1);
    }
  }
  return edges[at] === 1 ? at : -1;
}
