/** Numbers of a neural vector, each of -127..127 as one byte, 128 more than it is. */
export const NEURAL_NUMBERS = 256;

const ZERO = 128;

/** A picture's hash by a model, which is comparable with those of the same version only. */
export interface NeuralHash {
  /** Of the model and of the map behind it. */
  readonly version: string;
  /** 512 hex digits, a byte a number; what the hash finds is compared by it. */
  readonly vector: string;
  /** 64 hex digits: the signs of the vector's numbers. */
  readonly hash: string;
}

/** @throws RangeError when `vector` is not 512 hex digits */
export function neuralHashOf(version: string, vector: string): NeuralHash {
  return { version, vector, hash: neuralBits(vector) };
}

/**
 * The neural hash of a vector: the sign of each number as a bit, set for 0 and more, the first number highest.
 * @param vector 512 hex digits
 * @returns 64 hex digits
 * @throws RangeError when `vector` is anything else
 */
export function neuralBits(vector: string): string {
  const numbers = vectorBytes(vector);
  const bits = Buffer.alloc(NEURAL_NUMBERS / 8);
  numbers.forEach((number, i) => {
    if (number >= ZERO) bits[i >> 3] = (bits[i >> 3] ?? 0) | (128 >> (i & 7));
  });
  return bits.toString("hex");
}

/**
 * How far two vectors point apart: thousandths of 1 - cosine, 0..2000, rounded; the search states the same in SQL.
 * @param one 512 hex digits, as `other`
 * @throws RangeError when either is anything else
 */
export function neuralApart(one: string, other: string): number {
  const [left, right] = [vectorBytes(one), vectorBytes(other)];
  let product = 0;
  let leftSquare = 0;
  let rightSquare = 0;
  for (let i = 0; i < NEURAL_NUMBERS; i++) {
    const [a, b] = [(left[i] ?? ZERO) - ZERO, (right[i] ?? ZERO) - ZERO];
    product += a * b;
    leftSquare += a * a;
    rightSquare += b * b;
  }
  return Math.round(1000 - (1000 * product) / Math.sqrt(leftSquare * rightSquare));
}

function vectorBytes(vector: string): Buffer {
  const bytes = Buffer.from(vector, "hex");
  if (bytes.length !== NEURAL_NUMBERS || vector.length !== 2 * NEURAL_NUMBERS) {
    throw new RangeError(`Expected ${2 * NEURAL_NUMBERS} hex digits for a vector but received ${vector.length}`);
  }
  return bytes;
}
