import type { Pixels } from "../fingerprint/fingerprint.ts";
import type { ModelInput } from "./model-sidecar.ts";

/** Where each target column or row takes its value from: `low` and `high` as byte offsets, `high` weighted by `weight`. */
interface Taps {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weight: Float64Array;
}

/**
 * Resizes a whole picture and scales its channels the way `input` says, into one float32 picture of
 * `input.width * input.height * 3` numbers in `input.layout`. Reads only the source pixels that are sampled, so the cost
 * depends on the model's input size, not on the picture's.
 *
 * No antialiasing, on purpose: the default model was trained on pictures resized by tf.image.resize_bilinear, and a
 * smoother resize moves its scores by up to 0.9 (docs/decisions/0004-classifier.md).
 *
 * @throws Error where `pixels.data` is not three bytes per pixel.
 */
export function preprocess(pixels: Pixels, input: ModelInput): Float32Array {
  const { data, width, height } = pixels;
  if (width < 1 || height < 1 || data.length !== width * height * 3) {
    throw new Error(`Expected ${width} x ${height} x 3 bytes of pixels but received ${data.length}`);
  }
  const columns = tapsOf(width, input.width, input.resize, 3);
  const rows = tapsOf(height, input.height, input.resize, width * 3);
  const plane = input.width * input.height;
  const [pixelStep, channelStep] = input.layout === "NHWC" ? [3, 1] : [1, plane];
  const [first, third] = input.channels === "RGB" ? [0, 2] : [2, 0];
  const [mean1, mean2, mean3] = input.mean;
  const [std1, std2, std3] = input.std;
  const [factor1, factor2, factor3] = [input.scale / std1, input.scale / std2, input.scale / std3];
  const [shift1, shift2, shift3] = [-mean1 / std1, -mean2 / std2, -mean3 / std3];
  const tensor = new Float32Array(plane * 3);

  let target = 0;
  for (let y = 0; y < input.height; y++) {
    const top = offset(rows.low, y);
    const bottom = offset(rows.high, y);
    const rowWeight = rows.weight[y] ?? 0;
    for (let x = 0; x < input.width; x++) {
      const left = offset(columns.low, x);
      const right = offset(columns.high, x);
      const weight = columns.weight[x] ?? 0;
      const above1 = mixBytes(data, top + left + first, top + right + first, weight);
      const below1 = mixBytes(data, bottom + left + first, bottom + right + first, weight);
      const above2 = mixBytes(data, top + left + 1, top + right + 1, weight);
      const below2 = mixBytes(data, bottom + left + 1, bottom + right + 1, weight);
      const above3 = mixBytes(data, top + left + third, top + right + third, weight);
      const below3 = mixBytes(data, bottom + left + third, bottom + right + third, weight);
      tensor[target] = mix(above1, below1, rowWeight) * factor1 + shift1;
      tensor[target + channelStep] = mix(above2, below2, rowWeight) * factor2 + shift2;
      tensor[target + 2 * channelStep] = mix(above3, below3, rowWeight) * factor3 + shift3;
      target += pixelStep;
    }
  }
  return tensor;
}

/** `stride` is the distance in bytes from one source column or row to the next. */
function tapsOf(from: number, to: number, resize: ModelInput["resize"], stride: number): Taps {
  const taps: Taps = { low: new Int32Array(to), high: new Int32Array(to), weight: new Float64Array(to) };
  for (let i = 0; i < to; i++) {
    const position = Math.min(Math.max(sourcePosition(i, from, to, resize), 0), from - 1);
    const low = Math.floor(position);
    taps.low[i] = low * stride;
    taps.high[i] = Math.min(low + 1, from - 1) * stride;
    taps.weight[i] = position - low;
  }
  return taps;
}

/** In source pixels, where 0 is the centre of the first one. */
function sourcePosition(i: number, from: number, to: number, resize: ModelInput["resize"]): number {
  switch (resize) {
    case "bilinear-align-corners":
      return to > 1 ? (i * (from - 1)) / (to - 1) : 0;
    case "bilinear":
      return ((i + 0.5) * from) / to - 0.5;
    case "nearest":
      return Math.floor(((i + 0.5) * from) / to);
  }
}

function mix(a: number, b: number, weight: number): number {
  return a + (b - a) * weight;
}

// Every index is in range by construction, so the fallbacks here and above only satisfy the compiler.
function mixBytes(data: Uint8Array, a: number, b: number, weight: number): number {
  return mix(data[a] ?? 0, data[b] ?? 0, weight);
}

function offset(offsets: Int32Array, i: number): number {
  return offsets[i] ?? 0;
}
