import { foldBatchNorm } from "./batch-norm.ts";
import type { BatchNormLayer, ConvLayer, DenseLayer } from "./keras-layers.ts";
import type { LayersModel } from "./nsfwjs-model.ts";
import { FLOAT, type OnnxGraph } from "./onnx-graph.ts";
import { dequantise, toOnnxKernel, zeroPoint } from "./quantised-weight.ts";

/** Zero pixels around a picture, in ONNX's order. */
export type Padding = readonly [top: number, left: number, bottom: number, right: number];

export const NO_PADDING: Padding = [0, 0, 0, 0];

/** A layer's output: NCHW, or one row per picture once it is flattened. */
export interface Value {
  readonly tensor: string;
  /** Height and width before `padding`; 1 where flattened. */
  readonly side: number;
  /** Zero padding that the next convolution takes over. */
  readonly padding: Padding;
}

/** Adds a convolution, with the batch norm after it folded in, and returns its output. */
export function convolve(
  graph: OnnxGraph,
  model: LayersModel,
  layer: ConvLayer,
  norm: BatchNormLayer | null,
  input: Value,
): Value {
  const { kernel_size, strides, padding, activation, use_bias, depth_multiplier = 1 } = layer.config;
  const [size, width] = kernel_size;
  const [stride] = strides;
  if (size !== width || strides[1] !== stride || activation !== "linear" || depth_multiplier !== 1) {
    throw new Error(`Expected a square linear convolution of one kernel per channel for ${layer.name}`);
  }
  const depthwise = layer.class_name === "DepthwiseConv2D";
  const weight = model.weight(`${layer.name}/${depthwise ? "depthwise_kernel" : "kernel"}`);
  const kernel = toOnnxKernel(weight, depthwise);
  const ownBias = use_bias ? dequantise(model.weight(`${layer.name}/bias`)) : null;
  const folded = norm === null ? null : foldBatchNorm(model, norm, ownBias);
  const bias = folded?.bias ?? ownBias;
  const [outputs] = kernel.dims;

  const scale = folded?.factor.map((factor) => weight.scale * factor) ?? Float64Array.of(weight.scale);
  const scaleDims = folded === null ? [] : [outputs, 1, 1, 1];
  const inputs = [input.tensor, dequantised(graph, kernel.bytes, kernel.dims, zeroPoint(weight), scale, scaleDims)];
  if (bias !== null) inputs.push(graph.constant(bias, [outputs]));

  const pads = addPadding(input.padding, padding === "same" ? samePadding(input.side, size, stride) : NO_PADDING);
  const tensor = graph.node("Conv", inputs, {
    kernel_shape: kernel_size,
    strides,
    pads,
    dilations: [1, 1],
    group: depthwise ? outputs : 1,
  });
  const side = Math.floor((input.side + pads[0] + pads[2] - size) / stride) + 1;
  return { tensor, side, padding: NO_PADDING };
}

/** Adds a dense layer with its activation; the softmax is the graph's output `probabilities`. */
export function dense(graph: OnnxGraph, model: LayersModel, layer: DenseLayer, input: string): string {
  const weight = model.weight(`${layer.name}/kernel`);
  const bias = model.weight(`${layer.name}/bias`);
  const scale = Float64Array.of(weight.scale);
  const kernel = dequantised(graph, weight.bytes, weight.shape, zeroPoint(weight), scale, []);
  const sum = graph.node("Gemm", [input, kernel, graph.constant(dequantise(bias), bias.shape)]);
  switch (layer.config.activation) {
    case "relu":
      return graph.node("Relu", [sum]);
    case "softmax":
      return graph.node("Softmax", [sum], { axis: 1 }, "probabilities");
    default:
      throw new Error(`Expected relu or softmax for ${layer.name} but received ${layer.config.activation}`);
  }
}

export function relu6(graph: OnnxGraph, input: string): string {
  return graph.node("Clip", [input, graph.scalar(0), graph.scalar(6)]);
}

/** (bytes - zeroPoint) * scale in float32, left to the runtime so that the file keeps one byte per weight. */
function dequantised(
  graph: OnnxGraph,
  bytes: Uint8Array,
  dims: readonly number[],
  zero: number,
  scale: Float64Array,
  scaleDims: readonly number[],
): string {
  const floats = graph.node("Cast", [graph.constant(bytes, dims)], { to: FLOAT });
  const centred = graph.node("Sub", [floats, graph.scalar(zero)]);
  return graph.node("Mul", [centred, graph.constant(Float32Array.from(scale), scaleDims)]);
}

/** TensorFlow's "same": as much padding as gives ceil(side / stride) outputs, the odd pixel at the bottom and right. */
function samePadding(side: number, size: number, stride: number): Padding {
  const total = Math.max((Math.ceil(side / stride) - 1) * stride + size - side, 0);
  const before = Math.floor(total / 2);
  return [before, before, total - before, total - before];
}

function addPadding(a: Padding, b: Padding): Padding {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]];
}
