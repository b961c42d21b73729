import { type Matrix, zeroMatrix } from "./matrix.ts";

const MOST_SWEEPS = 30;
/** Off-diagonal energy, as a part of the whole, at which the rest is rounding. */
const NEGLIGIBLE = 1e-22;

/**
 * Eigenvectors of a symmetric matrix, those of the largest eigenvalues first, by cyclic Jacobi rotations (Golub and Van
 * Loan, Matrix Computations, 8.5). Slower than tridiagonalising first, and short.
 * @param count how many, at most the matrix' size
 * @throws RangeError where the rotations don't converge: the matrix is not symmetric, or holds no numbers
 */
export function largestEigenvectors({ size, data }: Matrix, count: number): Float64Array[] {
  const work = data.slice();
  /** Row i becomes the i-th eigenvector. */
  const vectors = zeroMatrix(size).data;
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1;
  const whole = energy(work, size, true);
  for (let sweep = 0; !(energy(work, size, false) <= NEGLIGIBLE * whole); sweep++) {
    if (sweep === MOST_SWEEPS) throw new RangeError("Expected a symmetric matrix whose eigenvectors can be found");
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) rotate(work, vectors, size, p, q);
    }
  }
  return Array.from({ length: size }, (_, i) => i)
    .sort((a, b) => (work[b * size + b] ?? 0) - (work[a * size + a] ?? 0))
    .slice(0, count)
    .map((i) => vectors.slice(i * size, (i + 1) * size));
}

/** Makes the number at p, q zero. The matrix stays symmetric, so its rows p and q are turned and copied to its columns. */
function rotate(work: Float64Array, vectors: Float64Array, size: number, p: number, q: number): void {
  const off = work[p * size + q] ?? 0;
  if (off === 0) return;
  const [first, second] = [work[p * size + p] ?? 0, work[q * size + q] ?? 0];
  const theta = (second - first) / (2 * off);
  const tangent = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  turnRows(work, size, p, q, cosine, sine);
  for (let k = 0; k < size; k++) {
    work[k * size + p] = work[p * size + k] ?? 0;
    work[k * size + q] = work[q * size + k] ?? 0;
  }
  work[p * size + p] = first - tangent * off;
  work[q * size + q] = second + tangent * off;
  work[p * size + q] = 0;
  work[q * size + p] = 0;
  turnRows(vectors, size, p, q, cosine, sine);
}

function turnRows(data: Float64Array, size: number, p: number, q: number, cosine: number, sine: number): void {
  for (let k = 0; k < size; k++) {
    const a = data[p * size + k] ?? 0;
    const b = data[q * size + k] ?? 0;
    data[p * size + k] = cosine * a - sine * b;
    data[q * size + k] = sine * a + cosine * b;
  }
}

function energy(data: Float64Array, size: number, withDiagonal: boolean): number {
  let sum = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) if (withDiagonal || i !== j) sum += (data[i * size + j] ?? 0) ** 2;
  }
  return sum;
}
