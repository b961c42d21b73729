import type { KerasLayer } from "./keras-layers.ts";
import type { QuantisedWeight } from "./quantised-weight.ts";

/** A layers model and its weights by name (`<layer>/<weight>`). */
export interface LayersModel {
  readonly layers: readonly KerasLayer[];
  readonly weight: (name: string) => QuantisedWeight;
}

/** model.json of a tfjs layers model, as far as it is read. */
interface ModelJson {
  readonly modelTopology: { readonly model_config: { readonly config: { readonly layers: readonly KerasLayer[] } } };
  readonly weightsManifest: readonly { readonly weights: readonly WeightSpec[] }[];
}

interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly quantization?: { readonly dtype: string; readonly scale: number; readonly min: number };
}

/** What `nsfwjs/models/*` exports: loaders of the model's JSON and of its weights as base64. */
interface ModelDefinition {
  readonly modelJson: () => Promise<{ readonly default: unknown }>;
  readonly weightBundles: readonly (() => Promise<{ readonly default: unknown }>)[];
}

/**
 * Reads a layers model out of the nsfwjs package.
 *
 * @throws Error where a weight is not quantised to uint8 or the weights do not fill the bundle exactly.
 */
export async function readLayersModel(definition: ModelDefinition): Promise<LayersModel> {
  const json = (await definition.modelJson()).default as ModelJson;
  const bundles = await Promise.all(definition.weightBundles.map(async (load) => (await load()).default));
  const bytes = Buffer.concat(bundles.map((base64) => Buffer.from(String(base64), "base64")));
  const weights = sliceWeights(
    json.weightsManifest.flatMap((group) => group.weights),
    bytes,
  );
  return {
    layers: json.modelTopology.model_config.config.layers,
    weight: (name) => {
      const weight = weights.get(name);
      if (weight === undefined) throw new Error(`Expected a weight named ${name}`);
      return weight;
    },
  };
}

function sliceWeights(specs: readonly WeightSpec[], bytes: Uint8Array): ReadonlyMap<string, QuantisedWeight> {
  const weights = new Map<string, QuantisedWeight>();
  let offset = 0;
  for (const { name, shape, quantization } of specs) {
    if (quantization?.dtype !== "uint8") throw new Error(`Expected uint8 values for ${name}`);
    const end = offset + shape.reduce((product, length) => product * length, 1);
    const { scale, min } = quantization;
    weights.set(name, { name, shape, bytes: bytes.slice(offset, end), scale, min });
    offset = end;
  }
  if (offset !== bytes.length) throw new Error(`Expected ${offset} bytes of weights but received ${bytes.length}`);
  return weights;
}
