import { RE2JS, RE2JSException, RE2JSSyntaxException } from "re2js";
import { PatternError } from "./pattern-error.ts";

/**
 * Largest compiled program, in instructions: matching takes no more steps than this times the length of the name. Beyond 500
 * the engine gives its tightest bound up.
 */
const MAX_PROGRAM = 500;

/** A compiled regular expression. */
export interface Regex {
  /** Instructions. */
  readonly size: number;
  /** The leftmost part of the text that matches; null where none does. */
  find(text: string): string | null;
}

/**
 * Compiles a regular expression in the syntax of RE2 (no look-around, no back-references), for either case. It runs in time
 * linear in the text, whatever the expression.
 * @throws PatternError naming the place, where it is of one; where it compiles to more than 500 instructions; where it
 * matches the empty text
 */
export function compileRegex(source: string): Regex {
  requireFewRepeats(source);
  const compiled = compile(source);
  const size = compiled.programSize();
  if (size > MAX_PROGRAM) throw tooLarge(`${size}`);
  const find = (text: string): string | null => {
    const matcher = compiled.matcher(text);
    return matcher.find() ? (matcher.group() ?? "") : null;
  };
  if (find("") !== null) {
    throw new PatternError("Expected an expression that doesn't match an empty name but received one that does");
  }
  return { size, find };
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) throw new PatternError(describe(error, source), { cause: error });
    if (error instanceof RE2JSException) throw tooLarge("more");
    throw error;
  }
}

/** Refused before it is compiled, which would take long: each repetition is at least one instruction. */
function requireFewRepeats(source: string): void {
  let repeats = 0;
  for (const [, least = "0", most] of source.matchAll(/\{(\d{1,6})(?:,(\d{0,6}))?\}/g)) {
    repeats += Math.max(Number(least), Number(most ?? 0));
  }
  if (repeats > MAX_PROGRAM) throw tooLarge(`repetitions of ${repeats} in all`);
}

function tooLarge(received: string): PatternError {
  return new PatternError(
    `Expected an expression that compiles to at most ${MAX_PROGRAM} instructions but received ${received}`,
  );
}

function describe(error: RE2JSSyntaxException, source: string): string {
  const fragment = error.getPattern() ?? "";
  const place = placeOf(error.getDescription(), fragment, source);
  const what = place === null || fragment === "" || fragment.endsWith(source) ? "" : ` (${fragment.slice(0, 40)})`;
  const where = place === null ? "" : ` at position ${place}`;
  return `Expected a regular expression in the syntax of RE2 but received one with: ${error.getDescription()}${where}${what}`;
}

/** Where in the expression the error lies, counted from 0: the first place at which cutting off what follows keeps it. */
function placeOf(description: string, fragment: string, source: string): number | null {
  if (/trailing backslash/.test(description)) return source.length - 1;
  if (/missing closing \)/.test(description)) return unpaired(source, "(");
  if (/unexpected \)/.test(description)) return unpaired(source, ")");
  if (/duplicate capture/.test(description)) return source.lastIndexOf(`<${fragment}>`) + 1;
  if (fragment === "") return null;
  for (let at = source.indexOf(fragment); at !== -1; at = source.indexOf(fragment, at + 1)) {
    if (failsAlike(source.slice(0, at + fragment.length), description)) return at;
  }
  return null;
}

function failsAlike(source: string, description: string): boolean {
  try {
    RE2JS.compile(source);
    return false;
  } catch (error) {
    return error instanceof RE2JSSyntaxException && error.getDescription() === description;
  }
}

/** The first parenthesis of a kind without a partner, outside of classes and escapes. */
function unpaired(source: string, kind: "(" | ")"): number | null {
  const open: number[] = [];
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const character = source.charAt(at);
    if (character === "\\") at += 1;
    else if (inClass) inClass = character !== "]";
    else if (character === "[") inClass = true;
    else if (character === "(") open.push(at);
    else if (character === ")" && open.pop() === undefined) return kind === ")" ? at : null;
  }
  return kind === "(" ? (open[0] ?? null) : null;
}
