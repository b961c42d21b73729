import type { BatchNormLayer } from "./keras-layers.ts";
import type { LayersModel } from "./nsfwjs-model.ts";
import { dequantise } from "./quantised-weight.ts";

/** A batch norm as what it does to each channel at inference: y = x * factor + (the rest of `bias`). */
export interface FoldedNorm {
  readonly factor: Float64Array;
  readonly bias: Float32Array;
}

/**
 * Folds a batch norm into the convolution before it: W' = W * factor, b' = beta + (b - mean) * factor with
 * factor = gamma / sqrt(variance + epsilon).
 */
export function foldBatchNorm(model: LayersModel, norm: BatchNormLayer, bias: Float32Array | null): FoldedNorm {
  const read = (name: string) => dequantise(model.weight(`${norm.name}/${name}`));
  const mean = read("moving_mean");
  const gamma = norm.config.scale ? read("gamma") : null;
  const beta = norm.config.center ? read("beta") : null;
  const factor = Float64Array.from(
    read("moving_variance"),
    (variance, c) => (gamma?.[c] ?? 1) / Math.sqrt(variance + norm.config.epsilon),
  );
  return {
    factor,
    bias: Float32Array.from(factor, (f, c) => (beta?.[c] ?? 0) + ((bias?.[c] ?? 0) - (mean[c] ?? 0)) * f),
  };
}
