import type { Pixels } from "../src/fingerprint/fingerprint.ts";

/** PDQ step by step as its paper describes it: luma, two box filters each way, 64 x 64 samples, one DCT, one hash. */
export function plainPdq({ data, width, height }: Pixels): string {
  let luma = new Float64Array(width * height);
  for (let i = 0; i < luma.length; i++) {
    luma[i] = 0.299 * (data[3 * i] ?? 0) + 0.587 * (data[3 * i + 1] ?? 0) + 0.114 * (data[3 * i + 2] ?? 0);
  }
  for (let pass = 0; pass < 2; pass++) {
    luma = filter(luma, height, width, width, 1);
    luma = filter(luma, width, height, 1, width);
  }
  const samples = Array.from({ length: 64 }, (_, i) =>
    Array.from({ length: 64 }, (_, j) => {
      const at = Math.floor(((i + 0.5) * height) / 64) * width + Math.floor(((j + 0.5) * width) / 64);
      return luma[at] ?? 0;
    }),
  );
  const matrix = Array.from({ length: 16 }, (_, i) =>
    Array.from({ length: 64 }, (_, j) => Math.sqrt(2 / 64) * Math.cos((Math.PI / 128) * (i + 1) * (2 * j + 1))),
  );
  const half = matrix.map((row) =>
    samples.map((_, x) =>
      dot(
        row,
        samples.map((line) => line[x] ?? 0),
      ),
    ),
  );
  const coefficients = half.flatMap((row) => matrix.map((other) => dot(row, other)));
  const median = [...coefficients].sort((a, b) => a - b)[127] ?? 0;
  return coefficients.map((value) => (value > median ? "1" : "0")).join("");
}

/** Running mean over a window of 1/128 of the axis, along lines of `length` values that lie `step` apart. */
function filter(
  values: Float64Array,
  lines: number,
  length: number,
  lineStep: number,
  step: number,
): Float64Array<ArrayBuffer> {
  const out = new Float64Array(values.length);
  const window = Math.floor((length + 127) / 128);
  const ahead = Math.floor((window + 2) / 2) - 1;
  for (let line = 0; line < lines; line++) {
    let sum = 0;
    let count = 0;
    for (let i = -ahead; i < length; i++) {
      if (i + ahead < length) {
        sum += values[line * lineStep + (i + ahead) * step] ?? 0;
        count++;
      }
      const gone = i + ahead - window;
      if (gone >= 0) {
        sum -= values[line * lineStep + gone * step] ?? 0;
        count--;
      }
      if (i >= 0) {
        out[line * lineStep + i * step] = sum / count;
      }
    }
  }
  return out;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
