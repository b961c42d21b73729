import { type BatchNormLayer, consumersByLayer, inputsOf, type KerasLayer } from "./keras-layers.ts";
import type { LayersModel } from "./nsfwjs-model.ts";
import { OnnxGraph } from "./onnx-graph.ts";
import { convolve, dense, NO_PADDING, relu6, type Value } from "./operators.ts";

const OPSET = 13;

export interface OnnxOptions {
  readonly graphName: string;
  readonly labels: readonly string[];
  /** Layers whose spatial means, joined, are the output `taps`. */
  readonly taps: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Converts a MobileNetV2 layers model to the bytes of an ONNX file. Input `image`: float32 [N, side, side, 3], RGB, 0..1.
 * Outputs: `probabilities`, one per label; `features`, what the dense head sees; `taps`.
 *
 * Weights stay uint8, as Cast, Sub, Mul: onnxruntime folds those into float32 at load, where DequantizeLinear stays in
 * the graph and makes every run about four times slower. Batch norms are folded exactly, into the Mul's factor per channel.
 *
 * @throws Error at anything the model has that this does not convert.
 */
export function layersToOnnx(model: LayersModel, options: OnnxOptions): Uint8Array {
  const graph = new OnnxGraph();
  const consumers = consumersByLayer(model.layers);
  const values = new Map<string, Value>();
  const foldedNorms = new Set<string>();
  const taps: string[] = [];
  let featureCount: number | null = null;

  const outputOf = (name: string | undefined): Value => {
    const value = name === undefined ? undefined : values.get(name);
    if (value === undefined) throw new Error(`Expected the layer ${name} before its consumers`);
    return value;
  };

  for (const layer of model.layers) {
    const inputs = inputsOf(layer);
    const input = () => outputOf(inputs[0]);
    /** The input of a layer that has no place for pending padding. */
    const unpadded = (value = input()): Value => {
      if (value.padding !== NO_PADDING) throw new Error(`Expected no padding before ${layer.name}`);
      return value;
    };
    let value: Value;
    switch (layer.class_name) {
      case "InputLayer": {
        const [, side] = layer.config.batch_input_shape;
        const image = graph.input("image", ["N", side, side, 3]);
        value = { tensor: graph.node("Transpose", [image], { perm: [0, 3, 1, 2] }), side, padding: NO_PADDING };
        break;
      }
      case "ZeroPadding2D": {
        const [[top, bottom], [left, right]] = layer.config.padding;
        value = { ...unpadded(), padding: [top, left, bottom, right] };
        break;
      }
      case "Conv2D":
      case "DepthwiseConv2D": {
        const norm = soleBatchNorm(consumers.get(layer.name));
        if (norm !== null) foldedNorms.add(norm.name);
        value = convolve(graph, model, layer, norm, input());
        break;
      }
      case "BatchNormalization":
        if (!foldedNorms.has(layer.name)) throw new Error(`Expected a convolution of its own before ${layer.name}`);
        value = input();
        break;
      case "ReLU":
        if (layer.config.max_value !== 6) throw new Error(`Expected max_value 6 for ${layer.name}`);
        value = { ...unpadded(), tensor: relu6(graph, input().tensor) };
        break;
      case "Add":
        value = {
          ...unpadded(),
          tensor: graph.node(
            "Add",
            inputs.map((name) => unpadded(outputOf(name)).tensor),
          ),
        };
        break;
      case "AveragePooling2D": {
        const { tensor, side } = unpadded();
        if (layer.config.pool_size.some((size) => size !== side)) throw new Error(`Expected a global ${layer.name}`);
        value = { tensor: graph.node("GlobalAveragePool", [tensor]), side: 1, padding: NO_PADDING };
        break;
      }
      case "Flatten":
        // Only 1 x 1 pictures flatten the same way in NHWC and NCHW.
        if (unpadded().side !== 1) throw new Error(`Expected pooled values before ${layer.name}`);
        value = { ...input(), tensor: graph.node("Flatten", [input().tensor], { axis: 1 }, "features") };
        break;
      case "Dropout":
        value = input();
        break;
      case "Dense":
        featureCount ??= model.weight(`${layer.name}/kernel`).shape[0] ?? null;
        value = { ...unpadded(), tensor: dense(graph, model, layer, input().tensor) };
        break;
      default: {
        const { class_name }: { class_name: string } = layer satisfies never;
        throw new Error(`Expected a layer this converts but received ${class_name}`);
      }
    }
    values.set(layer.name, value);
    if (options.taps.includes(layer.name)) {
      taps.push(graph.node("Flatten", [graph.node("GlobalAveragePool", [value.tensor])], { axis: 1 }));
    }
  }

  if (featureCount === null) throw new Error("Expected a dense head");
  graph.output("probabilities", ["N", options.labels.length]);
  graph.output("features", ["N", featureCount]);
  graph.output(graph.node("Concat", taps, { axis: 1 }, "taps"), ["N", "T"]);
  return graph.toModel(options.graphName, OPSET, options.metadata);
}

function soleBatchNorm(consumers: readonly KerasLayer[] = []): BatchNormLayer | null {
  const [only] = consumers;
  return consumers.length === 1 && only?.class_name === "BatchNormalization" ? only : null;
}
