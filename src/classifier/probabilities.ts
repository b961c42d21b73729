import type { ModelSidecar } from "./model-sidecar.ts";

/** Rounding in float32 may carry a probability this far outside 0..1. */
const TOLERANCE = 1e-4;

/**
 * Turns what a model answers for one picture into `count` probabilities, each 0..1.
 *
 * @throws Error where the model gave another count, or, with activation "none", numbers that are no probabilities.
 */
export function toProbabilities(
  values: Float32Array,
  activation: ModelSidecar["output"]["activation"],
  count: number,
): number[] {
  if (values.length !== count)
    throw new Error(`Expected one number per label, ${count}, but received ${values.length}`);
  const probabilities = activate([...values], activation);
  for (const p of probabilities) {
    if (!(p >= -TOLERANCE && p <= 1 + TOLERANCE)) throw new Error(`Expected probabilities of 0..1 but received ${p}`);
  }
  return probabilities.map((p) => Math.min(Math.max(p, 0), 1));
}

function activate(values: number[], activation: ModelSidecar["output"]["activation"]): number[] {
  switch (activation) {
    case "none":
      return values;
    case "sigmoid":
      return values.map((v) => 1 / (1 + Math.exp(-v)));
    case "softmax": {
      const largest = Math.max(...values);
      const powers = values.map((v) => Math.exp(v - largest));
      const sum = powers.reduce((a, b) => a + b, 0);
      return powers.map((power) => power / sum);
    }
  }
}
