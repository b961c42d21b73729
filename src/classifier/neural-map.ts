import { NEURAL_NUMBERS } from "../fingerprint/neural.ts";

/** A linear map from one of a model's outputs to the numbers of a neural vector. */
export interface NeuralMap {
  /** Numbers that it takes. */
  readonly inputs: number;
  /**
   * The picture's neural vector: 256 numbers, the longest scaled to 127, a byte each and 128 more than the number.
   * @param values `inputs` numbers, as the model gave them
   * @returns 512 hex digits
   * @throws Error where `values` are another count
   */
  vectorOf(values: Float32Array): string;
}

const HEADER_BYTES = 4;
const MOST_INPUTS = 65_535;

/**
 * Reads a map, little-endian: uint16 inputs, uint16 numbers (256); per number a float32 scale; per number a float32
 * offset; per number, one after another, `inputs` int8 weights. number = scale * (weights . values) + offset.
 *
 * @throws Error naming `source` where the bytes are anything else
 */
export function parseNeuralMap(bytes: Uint8Array, source: string): NeuralMap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [inputs, numbers] = bytes.length < HEADER_BYTES ? [0, 0] : [view.getUint16(0, true), view.getUint16(2, true)];
  if (numbers !== NEURAL_NUMBERS || inputs === 0 || bytes.length !== sizeOf(inputs)) {
    throw new Error(`Expected a map to ${NEURAL_NUMBERS} numbers in ${source} but received ${bytes.length} bytes`);
  }
  const float = (at: number) => view.getFloat32(HEADER_BYTES + 4 * at, true);
  const scales = Float64Array.from({ length: NEURAL_NUMBERS }, (_, i) => float(i));
  const offsets = Float64Array.from({ length: NEURAL_NUMBERS }, (_, i) => float(NEURAL_NUMBERS + i));
  const weights = new Int8Array(bytes.buffer, bytes.byteOffset + sizeOf(0), NEURAL_NUMBERS * inputs);

  function vectorOf(values: Float32Array): string {
    if (values.length !== inputs)
      throw new Error(`Expected ${inputs} numbers for ${source} but received ${values.length}`);
    const numbers = new Float64Array(NEURAL_NUMBERS);
    for (let number = 0, at = 0; number < NEURAL_NUMBERS; number++) {
      let sum = 0;
      for (let i = 0; i < inputs; i++, at++) sum += (weights[at] ?? 0) * (values[i] ?? 0);
      numbers[number] = sum * (scales[number] ?? 0) + (offsets[number] ?? 0);
    }
    const longest = numbers.reduce((most, number) => Math.max(most, Math.abs(number)), Number.MIN_VALUE);
    return Buffer.from(Uint8Array.from(numbers, (number) => Math.round((127 * number) / longest) + 128)).toString(
      "hex",
    );
  }

  return { inputs, vectorOf };
}

/**
 * The bytes that `parseNeuralMap` reads, weights rounded to 8 bits.
 * @param directions 256, each as long as `mean`: number = direction . (values - mean)
 * @throws RangeError where they are anything else
 */
export function encodeNeuralMap(mean: Float64Array, directions: readonly Float64Array[]): Uint8Array {
  const inputs = mean.length;
  if (directions.length !== NEURAL_NUMBERS || inputs > MOST_INPUTS || directions.some((d) => d.length !== inputs)) {
    throw new RangeError(`Expected ${NEURAL_NUMBERS} directions as long as the mean`);
  }
  const bytes = new Uint8Array(sizeOf(inputs));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, inputs, true);
  view.setUint16(2, NEURAL_NUMBERS, true);
  directions.forEach((direction, number) => {
    const scale = Math.fround(direction.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / 127) || 1;
    const rounded = Int8Array.from(direction, (weight) => Math.min(127, Math.max(-127, Math.round(weight / scale))));
    const atMean = rounded.reduce((sum, weight, i) => sum + weight * (mean[i] ?? 0), 0);
    view.setFloat32(HEADER_BYTES + 4 * number, scale, true);
    view.setFloat32(HEADER_BYTES + 4 * (NEURAL_NUMBERS + number), -scale * atMean, true);
    bytes.set(new Uint8Array(rounded.buffer), sizeOf(0) + number * inputs);
  });
  return bytes;
}

function sizeOf(inputs: number): number {
  return HEADER_BYTES + NEURAL_NUMBERS * (8 + inputs);
}
