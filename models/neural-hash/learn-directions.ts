import { largestEigenvectors } from "./eigenvectors.ts";
import {
  addOuterProduct,
  cholesky,
  type Matrix,
  mirrorLower,
  solveLower,
  solveLowerTransposed,
  trace,
  transpose,
  zeroMatrix,
} from "./matrix.ts";
import { createSeededRandom } from "./seeded-random.ts";

/** One photo of the training set by what the model says of it: vectors of one and the same length. */
export interface PhotoVectors {
  /** As it is, and cropped. */
  readonly crops: readonly Float32Array[];
  /** Changed otherwise; may be empty. */
  readonly others: readonly Float32Array[];
}

/** A vector v becomes the numbers direction . (v - mean). */
export interface Directions {
  readonly mean: Float64Array;
  readonly directions: readonly Float64Array[];
}

/** How much the other edits count beside crops: enough to withstand a border or a caption, too little to cost crops. */
const OTHERS_WEIGHT = 0.05;
/** Added to the diagonal, as a part of its mean, so that directions that hardly vary don't get arbitrarily long. */
const RIDGE = 0.005;
const ROTATION_SEED = 1;

/**
 * Fisher's linear discriminants: directions along which photos differ most in proportion to how far edits move them.
 * Between photos: covariance of each photo's mean over its crops. Within: mean square deviation of crops, and of other
 * edits, from that mean. The directions come in the scale in which edits deviate by 1, then turned at random, so that
 * each number, and the sign of each, tells about equally much; turning leaves every angle as it is.
 *
 * @param photos read one at a time; more than `count` of them
 * @param count directions, at most the vectors' length
 * @throws RangeError where there are too few photos, or they don't differ
 */
export function learnDirections(photos: Iterable<PhotoVectors>, count: number): Directions {
  let photoCount = 0;
  let otherCount = 0;
  let sum = new Float64Array(0);
  let moment = zeroMatrix(0);
  let within = zeroMatrix(0);
  let withinOthers = zeroMatrix(0);
  for (const { crops, others } of photos) {
    const size = crops[0]?.length ?? 0;
    if (photoCount === 0) {
      sum = new Float64Array(size);
      [moment, within, withinOthers] = [zeroMatrix(size), zeroMatrix(size), zeroMatrix(size)];
    }
    const centre = meanOf(crops, size);
    sum = sum.map((value, i) => value + (centre[i] ?? 0));
    addOuterProduct(moment, centre, 1);
    for (const crop of crops) addOuterProduct(within, difference(crop, centre), 1 / crops.length);
    for (const other of others) addOuterProduct(withinOthers, difference(other, centre), 1);
    photoCount++;
    otherCount += others.length;
  }
  if (photoCount <= count) throw new RangeError(`Expected more than ${count} photos but received ${photoCount}`);

  const mean = sum.map((value) => value / photoCount);
  addOuterProduct(moment, mean, -photoCount);
  const between = scaled(moment, 1 / (photoCount - 1));
  const spread = scaled(within, 1 / photoCount);
  if (otherCount > 0) addTo(spread, scaled(withinOthers, OTHERS_WEIGHT / otherCount));
  const ridge = (RIDGE * trace(spread)) / spread.size;
  for (let i = 0; i < spread.size; i++)
    spread.data[i * spread.size + i] = (spread.data[i * spread.size + i] ?? 0) + ridge;

  // between * d = value * spread * d, as an ordinary symmetric problem by the Cholesky factor of spread.
  const lower = cholesky(spread);
  const whitened = solveLower(lower, transpose(solveLower(lower, between)));
  const discriminants = largestEigenvectors(whitened, count).map((vector) => solveLowerTransposed(lower, vector));
  const directions = randomRotation(count).map((row) => combination(row, discriminants));
  return { mean, directions };
}

function meanOf(vectors: readonly Float32Array[], size: number): Float64Array {
  const mean = new Float64Array(size);
  for (const vector of vectors) {
    for (let i = 0; i < size; i++) mean[i] = (mean[i] ?? 0) + (vector[i] ?? 0) / vectors.length;
  }
  return mean;
}

function difference(vector: Float32Array, centre: Float64Array): Float64Array {
  return centre.map((value, i) => (vector[i] ?? 0) - value);
}

/** Of a lower triangle, completed. */
function scaled(matrix: Matrix, factor: number): Matrix {
  mirrorLower(matrix);
  return { size: matrix.size, data: matrix.data.map((value) => value * factor) };
}

function addTo({ data }: Matrix, other: Matrix): void {
  for (let i = 0; i < data.length; i++) data[i] = (data[i] ?? 0) + (other.data[i] ?? 0);
}

/** Orthonormal rows, by Gram and Schmidt from normal numbers. */
function randomRotation(size: number): Float64Array[] {
  const random = createSeededRandom(ROTATION_SEED);
  const rows: Float64Array[] = [];
  while (rows.length < size) {
    let row = Float64Array.from({ length: size }, () => random.normal());
    // Twice, since the first pass leaves rounding behind.
    for (const other of [...rows, ...rows]) {
      const overlap = dot(row, other);
      row = row.map((value, i) => value - overlap * (other[i] ?? 0));
    }
    const length = Math.sqrt(dot(row, row));
    rows.push(row.map((value) => value / length));
  }
  return rows;
}

function combination(factors: Float64Array, vectors: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(vectors[0]?.length ?? 0);
  vectors.forEach((vector, k) => {
    const factor = factors[k] ?? 0;
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + factor * (vector[i] ?? 0);
  });
  return sum;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
