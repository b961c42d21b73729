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
  const tensor = new Float32Array(plane * 3);

  for (let channel = 0; channel < 3; channel++) {
    const std = input.std[channel] ?? 1;
    const factor = input.scale / std;
    const offset = -(input.mean[channel] ?? 0) / std;
    const source = input.channels === "RGB" ? channel : 2 - channel;
    let target = channel * channelStep;
    for (let y = 0; y < input.height; y++) {
      const top = index(rows.low, y) + source;
      const bottom = index(rows.high, y) + source;
      const rowWeight = rows.weight[y] ?? 0;
      for (let x = 0; x < input.width; x++) {
        const left = index(columns.low, x);
        const right = index(columns.high, x);
        const columnWeight = columns.weight[x] ?? 0;
        const above = mix(byte(data, top + left), byte(data, top + right), columnWeight);
        const below = mix(byte(data, bottom + left), byte(data, bottom + right), columnWeight);
        tensor[target] = mix(above, below, rowWeight) * factor + offset;
        target += pixelStep;
      }
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

// Every index above is in range by construction, so the fallbacks only satisfy the compiler. One function per array type:
// shared by several types, a reader this small costs the inner loop half its speed.
function byte(values: Uint8Array, i: number): number {
  return values[i] ?? 0;
}

function index(values: Int32Array, i: number): number {
  return values[i] ?? 0;
}
