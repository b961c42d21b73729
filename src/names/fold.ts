import unhomoglyph from "unhomoglyph";

/**
 * What is taken off a letter: accents and the stacks of marks that text is defaced with, in the blocks that every script
 * shares, and the vowel points of Arabic. Marks that are letters of their own (Devanagari, Thai, kana) stay.
 */
const MARKS =
  /[\u0300-\u036f]|[\u0483-\u0487]|[\u064b-\u065f]|\u0670|[\u1ab0-\u1aff]|[\u1dc0-\u1dff]|[\u20d0-\u20ff]|[\ufe20-\ufe2f]/gu;
/** What shows nothing: zero-width and bidirectional characters, variation selectors, fillers, controls that are no space. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]|(?!\s)\p{Cc}/gu;
/** Half of a surrogate pair. */
const BROKEN = /\p{Cs}/gu;
/** U+2800 is a letter to Unicode, and blank. */
const SPACE = /[\s\u2800]+/gu;

/** How often a character is replaced by what it looks like, until nothing changes. */
const MOST_STEPS = 4;
/** Characters whose folding is remembered. */
const MOST_KNOWN = 20_000;

/** One way to read a name, in characters that only stand for shapes. */
export interface Reading {
  readonly text: string;
  /** 1 where a character of the name begins or the last one ends; as long as `text`, and one more. */
  readonly edges: Uint8Array;
}

export interface FoldedName {
  /** In lower case, without what can't be seen, foreign look-alikes as the letters they look like: `paypal`. */
  readonly readable: string;
  /** One to three, each different. */
  readonly readings: readonly Reading[];
}

/** What one character is read as. */
interface FoldedCharacter {
  readonly readable: string;
  /** By its shape, and a stroke that may be a capital I as `i`. */
  readonly upright: string;
  /** By the shape of its lower case. */
  readonly lowered: string;
  /** By its shape alone: a capital I is an `l`. */
  readonly shape: string;
}

const WAYS = ["upright", "lowered", "shape"] as const;
const known = new Map<string, FoldedCharacter>();

/**
 * Folds a name for comparison: compatibility forms (NFKC), look-alikes by their prototypes (UTS 39, confusables), case, accents,
 * what can't be seen, runs of white space.
 *
 * Case and look-alikes don't go together: a capital I looks like an l and is an i, a Cyrillic capital Ve like a B where the
 * small one doesn't. So there are up to three readings, and a pattern matches a name where it matches one of them.
 */
export function foldName(name: string): FoldedName {
  const characters = Array.from(clean(name).trim(), foldCharacter);
  const readings: Reading[] = [];
  for (const way of WAYS) {
    const reading = join(characters.map((character) => character[way]));
    if (!readings.some(({ text }) => text === reading.text)) readings.push(reading);
  }
  return { readable: characters.map(({ readable }) => readable).join(""), readings };
}

/** The ways to read a text of a pattern, one or two; its outer spaces stay. */
export function foldPatternText(text: string): { readonly upright: string; readonly lowered: string } {
  const characters = Array.from(clean(text), foldCharacter);
  return {
    upright: characters.map(({ upright }) => upright).join(""),
    lowered: characters.map(({ lowered }) => lowered).join(""),
  };
}

function join(parts: readonly string[]): Reading {
  const text = parts.join("");
  const edges = new Uint8Array(text.length + 1);
  let at = 0;
  edges[0] = 1;
  for (const part of parts) {
    at += part.length;
    edges[at] = 1;
  }
  return { text, edges };
}

function clean(text: string): string {
  return text
    .replace(BROKEN, "\ufffd")
    .normalize("NFKD")
    .replace(MARKS, "")
    .replace(INVISIBLE, "")
    .normalize("NFC")
    .replace(SPACE, " ");
}

function foldCharacter(character: string): FoldedCharacter {
  const found = known.get(character);
  if (found !== undefined) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const lowered = toShape(lowerCase(character));
  const shape = toShape(character);
  const upright = shape === "l" && lowered === "i" ? "i" : shape;
  const folded = { readable: readable(character, upright), upright, lowered, shape };
  known.set(character, folded);
  return folded;
}

/** ASCII as it is; of the rest, `m` has the prototype `rn`, which nobody reads as one. */
function readable(character: string, upright: string): string {
  if (character <= "\x7f") return character.toLowerCase();
  return upright === "rn" ? "m" : upright;
}

/** By way of upper case, so that both forms of sigma, the dotless i and the sharp s (`ss`) have one. */
function lowerCase(text: string): string {
  return text.toUpperCase().toLowerCase();
}

function toShape(text: string): string {
  let shape = text;
  for (let step = 0; step < MOST_STEPS; step++) {
    const next = lowerCase(unhomoglyph(shape))
      .normalize("NFKD")
      .replace(MARKS, "")
      .replace(INVISIBLE, "")
      .normalize("NFC");
    if (next === shape) break;
    shape = next;
  }
  return shape;
}
