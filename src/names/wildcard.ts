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
  /** All segments behind each other, unit by unit. */
  readonly units: readonly (string | null)[];
  /** 1 where a star stands before a unit, or behind the last; as long as `units`, and one more. */
  readonly stars: Uint8Array;
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
  return JSON.stringify(upright.segments) === JSON.stringify(lowered.segments) ? [upright] : ways;
}

function toWildcard(segments: readonly Segment[]): Wildcard {
  const texts = segments.flat().filter((part) => part !== null);
  const needle = texts.reduce((best, text) => (text.length > best.length ? text : best), "");
  const unitsOf = (segment: Segment) => segment.flatMap((part) => (part === null ? [null] : part.split("")));
  const units = segments.flatMap(unitsOf);
  const stars = new Uint8Array(units.length + 1);
  let at = 0;
  for (const segment of segments.slice(0, -1)) {
    at += unitsOf(segment).length;
    stars[at] = 1;
  }
  return { segments, needle, units, stars };
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
 * Whether the whole of a name matches. It is read once, with all places of the pattern that its beginning may have led to; once
 * that is a star no place before it counts any more, since whatever they lead to the star takes too.
 */
export function matchesWildcard({ units, stars }: Wildcard, characters: Characters): boolean {
  const reachedWith = new Int32Array(units.length + 1).fill(-1);
  let open = [0];
  for (const [read, ways] of characters.entries()) {
    const next: number[] = [];
    const reach = (place: number) => {
      if (reachedWith[place] !== read) next.push(place);
      reachedWith[place] = read;
    };
    for (const place of open) {
      if (stars[place] === 1) reach(place);
      if (units[place] === null) reach(place + 1);
      for (const way of ways) if (standsAt(way, place, units, stars)) reach(place + way.length);
    }
    const lastStar = next.reduce((last, place) => (stars[place] === 1 ? Math.max(last, place) : last), 0);
    open = next.filter((place) => place >= lastStar);
    if (open.length === 0) return false;
  }
  return open.includes(units.length);
}

/** Whether a character, read in one way, stands at a place of the pattern, with no star within. */
function standsAt(way: string, place: number, units: Wildcard["units"], stars: Uint8Array): boolean {
  for (let at = 0; at < way.length; at++) {
    if (units[place + at] !== way.charAt(at) || (at > 0 && stars[place + at] === 1)) return false;
  }
  return true;
}
