/** A pattern that can't be used; the message says what was expected, and what is there instead at which place. */
export class PatternError extends Error {
  override readonly name = "PatternError";
}
