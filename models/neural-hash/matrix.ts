/** Square matrix of `size` rows, row after row. */
export interface Matrix {
  readonly size: number;
  readonly data: Float64Array;
}

export function zeroMatrix(size: number): Matrix {
  return { size, data: new Float64Array(size * size) };
}

/** Adds weight * vector * vector' to the lower triangle; `mirrorLower` completes the matrix when all are added. */
export function addOuterProduct({ size, data }: Matrix, vector: Float64Array, weight: number): void {
  for (let i = 0; i < size; i++) {
    const factor = weight * (vector[i] ?? 0);
    if (factor === 0) continue;
    const row = i * size;
    for (let j = 0; j <= i; j++) data[row + j] = (data[row + j] ?? 0) + factor * (vector[j] ?? 0);
  }
}

export function mirrorLower({ size, data }: Matrix): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) data[j * size + i] = data[i * size + j] ?? 0;
  }
}

export function trace({ size, data }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += data[i * size + i] ?? 0;
  return sum;
}

/**
 * Lower triangle L with L * L' = `matrix`.
 * @throws RangeError where `matrix` is not positive definite
 */
export function cholesky({ size, data }: Matrix): Matrix {
  const lower = zeroMatrix(size);
  const out = lower.data;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = data[i * size + j] ?? 0;
      for (let k = 0; k < j; k++) rest -= (out[i * size + k] ?? 0) * (out[j * size + k] ?? 0);
      if (i === j && !(rest > 0)) throw new RangeError(`Expected a positive definite matrix but row ${i} is not`);
      out[i * size + j] = i === j ? Math.sqrt(rest) : rest / (out[j * size + j] ?? 0);
    }
  }
  return lower;
}

/** inverse(lower) * matrix, column by column. */
export function solveLower({ size, data: lower }: Matrix, matrix: Matrix): Matrix {
  const solved = { size, data: matrix.data.slice() };
  const out = solved.data;
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) {
      const factor = lower[i * size + k] ?? 0;
      for (let j = 0; j < size; j++) out[i * size + j] = (out[i * size + j] ?? 0) - factor * (out[k * size + j] ?? 0);
    }
    const diagonal = lower[i * size + i] ?? 0;
    for (let j = 0; j < size; j++) out[i * size + j] = (out[i * size + j] ?? 0) / diagonal;
  }
  return solved;
}

/** inverse(lower') * vector. */
export function solveLowerTransposed({ size, data: lower }: Matrix, vector: Float64Array): Float64Array {
  const solved = vector.slice();
  for (let i = size - 1; i >= 0; i--) {
    const value = (solved[i] ?? 0) / (lower[i * size + i] ?? 0);
    solved[i] = value;
    for (let k = 0; k < i; k++) solved[k] = (solved[k] ?? 0) - (lower[i * size + k] ?? 0) * value;
  }
  return solved;
}

export function transpose({ size, data }: Matrix): Matrix {
  const turned = zeroMatrix(size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) turned.data[j * size + i] = data[i * size + j] ?? 0;
  }
  return turned;
}
