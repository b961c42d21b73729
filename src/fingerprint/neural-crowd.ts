import { neuralApart } from "./neural.ts";
import { CROWD_VECTORS } from "./neural-crowd-vectors.ts";

/**
 * How near the middle of a crowd a picture is one of it, in thousandths of 1 - cosine. Generated pages and drawings lie within
 * 130; of 242 photos the nearest lies at 700, a chart at 675 (docs/decisions/0013-neural-hash.md).
 */
const CROWD_RADIUS = 400;

/**
 * Whether a picture is of a kind that the model knows as such and doesn't tell apart: pages of text, light or dark, and
 * drawings of plain discs. By their neural vectors they all match each other, so they are not matched by them.
 * @param vector 512 hex digits
 */
export function isCrowded(vector: string): boolean {
  return Object.values(CROWD_VECTORS).some((middle) => neuralApart(vector, middle) <= CROWD_RADIUS);
}
