/** A weight as tfjs stores it: one byte per value, value = byte * scale + min. */
export interface QuantisedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  readonly scale: number;
  readonly min: number;
}

/** The values, computed in float64 and rounded to float32 as tfjs-core's io_utils does. */
export function dequantise(weight: QuantisedWeight): Float32Array {
  return Float32Array.from(weight.bytes, (byte) => byte * weight.scale + weight.min);
}

/**
 * The byte that stands for 0, so that value = (byte - zeroPoint) * scale.
 *
 * @throws Error where no byte does: a batch norm's factor could then not be moved into the scale.
 */
export function zeroPoint(weight: QuantisedWeight): number {
  const exact = -weight.min / weight.scale;
  const rounded = Math.round(exact);
  if (Math.abs(rounded - exact) > 1e-6 || rounded < 0 || rounded > 255) {
    throw new Error(`Expected a zero point of 0..255 for ${weight.name} but received ${exact}`);
  }
  return rounded;
}

/** A convolution kernel's bytes in ONNX order, [output, input, height, width]. */
export interface OnnxKernel {
  readonly bytes: Uint8Array;
  readonly dims: readonly [number, number, number, number];
}

/** Reorders a Keras kernel: [height, width, input, output], or [height, width, channel, 1] where depthwise. */
export function toOnnxKernel(weight: QuantisedWeight, depthwise: boolean): OnnxKernel {
  const [height = 0, width = 0, third = 0, fourth = 0] = weight.shape;
  const outputs = depthwise ? third : fourth;
  const inputs = depthwise ? 1 : third;
  const bytes = new Uint8Array(weight.bytes.length);
  let target = 0;
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let cell = 0; cell < height * width; cell++) {
        const source = depthwise ? cell * outputs + output : (cell * inputs + input) * outputs + output;
        bytes[target++] = weight.bytes[source] ?? 0;
      }
    }
  }
  return { bytes, dims: [outputs, inputs, height, width] };
}
