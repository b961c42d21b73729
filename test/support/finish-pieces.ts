import type { FoundPattern, NameMatcher, NamePattern, Pieces } from "../../src/names/name-matcher.ts";

/** Does work in pieces at once; `onPiece` is called after each. */
export function finish<Result>(work: Pieces<Result>, onPiece: () => void = () => {}): Result {
  for (;;) {
    const piece = work.next();
    if (piece.done === true) return piece.value;
    onPiece();
  }
}

/** The patterns that a name matches. */
export function findAll<Pattern extends NamePattern>(
  matcher: NameMatcher<Pattern>,
  name: string,
): FoundPattern<Pattern>[] {
  const found: FoundPattern<Pattern>[] = [];
  finish(matcher.find(name, found));
  finish(matcher.findByTrial(name, found));
  return found;
}
