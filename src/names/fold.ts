import unhomoglyph from "unhomoglyph";
import type { Characters } from "./needle-index.ts";

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

const FIGURE_OR_BAR = /^[0-9|]$/;
/** An upright stroke may be an l or a capital I. */
const STROKE = ["l", "i"] as const;
const NOTHING: FoldedCharacter = { readable: "", upright: "", lowered: "", ways: [], figure: null, kind: "other" };

/** How often a character is replaced by what it looks like, until nothing changes. */
const MOST_STEPS = 4;
/** Characters whose folding is remembered. */
const MOST_KNOWN = 20_000;

export interface FoldedName {
  /** In lower case, without what can't be seen, foreign look-alikes as the letters they look like: `paypal`. */
  readonly readable: string;
  /** Its characters in all the ways they may be read, in characters that only stand for shapes. */
  readonly characters: Characters;
  /** The same, also in ways that are told by nothing but a long match; null where there are none. */
  readonly stretched: Characters | null;
}

/** What one character is, and is read as. */
interface FoldedCharacter {
  readonly readable: string;
  /** By its shape, and a stroke that may be a capital I as `i`. */
  readonly upright: string;
  /** By the shape of its lower case. */
  readonly lowered: string;
  /** All ways to read it in a name, wherever it stands there. */
  readonly ways: readonly string[];
  /** The figure that it is, or is taken for among figures, alone; null: none. */
  readonly figure: readonly [string] | null;
  readonly kind: "capital" | "small" | "letter" | "figure" | "other";
}

const known = new Map<string, FoldedCharacter>();

/**
 * Folds a name for comparison: compatibility forms (NFKC), look-alikes by their prototypes (UTS 39, confusables), case, accents,
 * what can't be seen, runs of white space.
 *
 * Case and look-alikes don't go together: a capital I looks like an l and is an i, a Cyrillic capital Ve like a B where the
 * small one doesn't. So a character has up to four readings, and a pattern matches where each of its characters is one of
 * those in its place. Some depend on what stands around: an O among figures may be a naught. Where figures look like a number,
 * letters like figures, or a small l stands where a capital I would, another reading is stretched.
 */
export function foldName(name: string): FoldedName {
  const folded = Array.from(clean(name).trim(), foldCharacter).filter(({ ways }) => ways[0] !== "");
  const characters = folded.map(({ ways }) => ways);
  const unlikely = new Map<number, readonly string[]>();
  for (let place = 0; place < folded.length; place++) {
    if (isMaybeCapitalI(folded, place)) unlikely.set(place, STROKE);
    const end = endOfFigures(folded, place);
    const isNumber = !isMaybeLetters(folded, place, end);
    const isClear = folded[place]?.kind === "figure";
    for (let at = place; at < end; at++) {
      const { ways, figure, kind } = folded[at] ?? NOTHING;
      const either = [...new Set([...ways, ...(figure ?? [])])];
      if (isNumber) unlikely.set(at, either);
      if (isClear && kind !== "figure") characters[at] = either;
      if (isNumber && kind === "figure") characters[at] = figure ?? ways;
    }
    if (end > place) place = end - 1;
  }
  return {
    readable: folded.map(({ readable }) => readable).join(""),
    characters,
    stretched: unlikely.size === 0 ? null : characters.map((ways, at) => unlikely.get(at) ?? ways),
  };
}

/** Whether a small l stands where a capital I would: at the start of a word, or among capitals. */
function isMaybeCapitalI(folded: readonly FoldedCharacter[], place: number): boolean {
  const { ways, kind } = folded[place] ?? NOTHING;
  if (kind !== "small" || ways.length > 1 || ways[0] !== "l") return false;
  const { kind: before } = folded[place - 1] ?? NOTHING;
  const { kind: behind } = folded[place + 1] ?? NOTHING;
  return before === "other" || before === "figure" || (before === "capital" && behind !== "small");
}

/**
 * Where figures that begin at a place end; of a word that holds nothing but them and the O, I and l that look like them, its
 * end: `1OO`, `IOO`.
 */
function endOfFigures(folded: readonly FoldedCharacter[], place: number): number {
  let end = place;
  while (folded[end]?.kind === "figure") end += 1;
  if (isLetter(folded[place - 1])) return end;
  let wordEnd = end;
  while (wordEnd < folded.length && folded[wordEnd]?.figure !== null) wordEnd += 1;
  const isWord = !isLetter(folded[wordEnd]) && wordEnd - place > 1;
  return isWord ? wordEnd : end;
}

/**
 * Whether figures are few, each looks like a letter, and they are no number at the end of a word: `g00gle`, `paypa1`, and
 * neither `Jana11` nor `Jana1975`.
 */
function isMaybeLetters(folded: readonly FoldedCharacter[], place: number, end: number): boolean {
  const most = isLetter(folded[end]) ? 2 : 1;
  return end - place <= most && folded.slice(place, end).every(({ ways }) => ways.length > 1);
}

function isLetter(character: FoldedCharacter | undefined): boolean {
  return character !== undefined && character.kind !== "other" && character.kind !== "figure";
}

/** The ways to read a text of a pattern, one or two; its outer spaces stay. A figure or a bar is nothing else there. */
export function foldPatternText(text: string): { readonly upright: string; readonly lowered: string } {
  const characters = Array.from(clean(text), (character) => {
    return FIGURE_OR_BAR.test(character) ? { upright: character, lowered: character } : foldCharacter(character);
  });
  return {
    upright: characters.map(({ upright }) => upright).join(""),
    lowered: characters.map(({ lowered }) => lowered).join(""),
  };
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
  const ways = new Set([upright, lowered, shape]);
  if (FIGURE_OR_BAR.test(character)) ways.add(character);
  if (shape === "l" && lowerCase(character) !== "l") for (const letter of STROKE) ways.add(letter);
  const folded: FoldedCharacter = {
    readable: readable(character, upright),
    upright,
    lowered,
    ways: [...ways].filter((way) => ![...ways].some((other) => way !== other && way.startsWith(other))),
    figure: figureOf(character, shape),
    kind: kindOf(character),
  };
  known.set(character, folded);
  return folded;
}

function figureOf(character: string, shape: string): readonly [string] | null {
  if (/^\d$/.test(character)) return [character];
  return shape === "o" ? ["0"] : shape === "l" ? ["1"] : null;
}

function kindOf(character: string): FoldedCharacter["kind"] {
  if (/^\d$/.test(character)) return "figure";
  if (/^\p{Lu}/u.test(character)) return "capital";
  if (/^\p{Ll}/u.test(character)) return "small";
  return /^\p{L}/u.test(character) ? "letter" : "other";
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
