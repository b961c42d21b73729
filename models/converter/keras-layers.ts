/** The part of a Keras layers model (tfjs "layers-model" JSON) that MobileNetV2 uses. */
export type KerasLayer =
  | Layer<"InputLayer", { readonly batch_input_shape: readonly [null, number, number, number] }>
  | Layer<"ZeroPadding2D", { readonly padding: readonly [readonly [number, number], readonly [number, number]] }>
  | ConvLayer
  | BatchNormLayer
  | Layer<"ReLU", { readonly max_value: number | null }>
  | Layer<"Add", object>
  | Layer<"AveragePooling2D", { readonly pool_size: readonly [number, number] }>
  | Layer<"Flatten", object>
  | Layer<"Dropout", object>
  | DenseLayer;

export type ConvLayer = Layer<
  "Conv2D" | "DepthwiseConv2D",
  {
    readonly kernel_size: readonly [number, number];
    readonly strides: readonly [number, number];
    readonly padding: "same" | "valid";
    readonly activation: string;
    readonly use_bias: boolean;
    /** Depthwise only. */
    readonly depth_multiplier?: number;
  }
>;

export type BatchNormLayer = Layer<
  "BatchNormalization",
  { readonly epsilon: number; readonly center: boolean; readonly scale: boolean }
>;

export type DenseLayer = Layer<"Dense", { readonly activation: string }>;

interface Layer<Kind extends string, Config> {
  readonly name: string;
  readonly class_name: Kind;
  readonly config: Config;
  /** One node per use of the layer; each names the layers it takes its inputs from. */
  readonly inbound_nodes: readonly (readonly (readonly [string, ...unknown[]])[])[];
}

/** Names of the layers whose outputs `layer` takes, in order. */
export function inputsOf(layer: KerasLayer): string[] {
  return (layer.inbound_nodes[0] ?? []).map(([name]) => name);
}

/** For each layer name, the layers that take its output. */
export function consumersByLayer(layers: readonly KerasLayer[]): ReadonlyMap<string, readonly KerasLayer[]> {
  const consumers = new Map<string, KerasLayer[]>();
  for (const layer of layers) {
    for (const input of inputsOf(layer)) consumers.set(input, [...(consumers.get(input) ?? []), layer]);
  }
  return consumers;
}
