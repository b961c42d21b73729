import { foldPatternText } from "./fold.ts";
import { PatternError } from "./pattern-error.ts";
import { compileRegex } from "./regex.ts";
import { outlineRegex } from "./regex-outline.ts";
import { parseWildcard } from "./wildcard.ts";

export const SYNTAXES = ["substring", "wildcard", "regex"] as const;
/** How a pattern is to be read. */
export type Syntax = (typeof SYNTAXES)[number];

/** Longest pattern and longest name, in UTF-16 units. */
export const MAX_PATTERN_LENGTH = 500;
export const MAX_NAME_LENGTH = 500;

/** Largest expression that has to be tried on every name, since no text leads to it; in instructions. */
const MAX_NEEDLESS_PROGRAM = 100;

/**
 * Tells patterns apart that match different names: the same text for `PayPal` and `paypal`, save in a regular expression,
 * whose text means what it says.
 * @throws PatternError where it is no pattern, or is too large, or would match every name
 */
export function patternIdentity(pattern: string, syntax: Syntax): string {
  if (pattern.length === 0 || pattern.length > MAX_PATTERN_LENGTH) {
    throw new PatternError(`Expected 1 to ${MAX_PATTERN_LENGTH} characters for pattern but received ${pattern.length}`);
  }
  if (/[\0\p{Cs}]/u.test(pattern)) {
    throw new PatternError("Expected a pattern without NUL characters and lone surrogates");
  }
  if (syntax === "regex") {
    const { size } = compileRegex(pattern);
    if (size > MAX_NEEDLESS_PROGRAM && outlineRegex(pattern).needles === null) {
      throw new PatternError(
        `Expected a text that every match holds in an expression of more than ${MAX_NEEDLESS_PROGRAM} instructions but received one of ${size} without`,
      );
    }
    return JSON.stringify([syntax, pattern]);
  }
  if (syntax === "wildcard") return JSON.stringify([syntax, parseWildcard(pattern).map(({ segments }) => segments)]);
  const { upright, lowered } = foldPatternText(pattern);
  if (upright === "") {
    throw new PatternError("Expected a pattern with a character that can be seen but received none");
  }
  return JSON.stringify([syntax, upright, lowered]);
}
