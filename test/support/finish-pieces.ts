import type { Pieces } from "../../src/names/name-matcher.ts";

/** Does work in pieces at once; `onPiece` is called after each. */
export function finish<Result>(work: Pieces<Result>, onPiece: () => void = () => {}): Result {
  for (;;) {
    const piece = work.next();
    if (piece.done === true) return piece.value;
    onPiece();
  }
}
