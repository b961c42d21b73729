import assert from "node:assert/strict";
import { test } from "node:test";
import { largestEigenvectors } from "../../models/neural-hash/eigenvectors.ts";
import { learnDirections, type PhotoVectors } from "../../models/neural-hash/learn-directions.ts";
import { cholesky, type Matrix } from "../../models/neural-hash/matrix.ts";
import { createSeededRandom } from "../../models/neural-hash/seeded-random.ts";

const SIZE = 6;

/** Photos that differ along the first two axes; edits move them far along the third and little along the others. */
function syntheticPhotos(count: number): PhotoVectors[] {
  const random = createSeededRandom(7);
  return Array.from({ length: count }, (_, k) => {
    const photo = Array.from({ length: SIZE }, (_, i) => random.normal() * (i < 2 ? 5 : 1) + i);
    const edited = (along: number) =>
      Float32Array.from(photo, (value, i) => value + random.normal() * (i === along ? 20 : 0.1));
    return {
      crops: [Float32Array.from(photo), edited(2), edited(2), edited(2)],
      others: k % 5 === 0 ? [edited(2)] : [],
    };
  });
}

test("directions lie where photos differ, and not where edits move them", () => {
  const { mean, directions } = learnDirections(syntheticPhotos(400), 2);
  assert.equal(directions.length, 2);
  for (const direction of directions) {
    const length = Math.hypot(...direction);
    assert.ok(Math.hypot(direction[0] ?? 0, direction[1] ?? 0) / length > 0.95, String(direction));
    assert.ok(Math.abs(direction[2] ?? 0) / length < 0.05, String(direction));
  }
  mean.forEach((value, i) => {
    assert.ok(Math.abs(value - i) < 2, String(mean));
  });
});

test("the same photos give the same directions, number for number", () => {
  assert.deepEqual(learnDirections(syntheticPhotos(60), 4), learnDirections(syntheticPhotos(60), 4));
});

test("too few photos are refused", () => {
  assert.throws(() => learnDirections(syntheticPhotos(4), 4), /Expected more than 4 photos/);
  assert.throws(() => learnDirections([], 4), RangeError);
});

test("eigenvectors come with the largest eigenvalue first, orthonormal", () => {
  const matrix = { size: 3, data: Float64Array.of(2, 1, 0, 1, 2, 0, 0, 0, 5) };
  const [first, second, third] = largestEigenvectors(matrix, 3).map((vector) => [...vector].map(Math.abs));
  const half = Math.SQRT1_2;
  for (const [found, expected] of [
    [first, [0, 0, 1]],
    [second, [half, half, 0]],
    [third, [half, half, 0]],
  ] as const) {
    expected.forEach((value, i) => {
      assert.ok(Math.abs((found?.[i] ?? Number.NaN) - value) < 1e-9, String(found));
    });
  }
});

test("a Cholesky factor times its transpose is the matrix", () => {
  const matrix: Matrix = { size: 3, data: Float64Array.of(4, 2, 0.4, 2, 5, 1, 0.4, 1, 3) };
  const { data } = cholesky(matrix);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      const product = [0, 1, 2].reduce((sum, k) => sum + (data[3 * i + k] ?? 0) * (data[3 * j + k] ?? 0), 0);
      assert.ok(Math.abs(product - (matrix.data[3 * i + j] ?? 0)) < 1e-12);
    }
  }
});

test("a matrix that is not positive definite has no Cholesky factor", () => {
  assert.throws(() => cholesky({ size: 2, data: Float64Array.of(1, 2, 2, 1) }), RangeError);
});
