import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { readModelFile } from "../../src/classifier/model-file.ts";
import { preprocess } from "../../src/classifier/preprocess.ts";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";
import { decodeFull } from "../../src/image/decode-image.ts";
import { CROPS, type Edit, OTHER_EDITS } from "./edits.ts";
import type { PhotoVectors } from "./learn-directions.ts";
import { createSeededRandom, seedOf } from "./seeded-random.ts";

/** Of so many photos one is changed in other ways too: how edits move vectors takes fewer photos than how photos differ. */
const OTHERS_EVERY = 5;

/** What the model says of photos and their edits. */
export interface VectorReader {
  /**
   * The same file gives the same vectors.
   * @param index of the photo in the training set
   */
  read(file: string, index: number): Promise<PhotoVectors>;
}

/** @param output name of the model's output to read, float32 */
export async function createVectorReader(modelPath: string, output: string): Promise<VectorReader> {
  const { sidecar, bytes } = await readModelFile(modelPath);
  const { input } = sidecar;
  const dims = input.layout === "NHWC" ? [1, input.height, input.width, 3] : [1, 3, input.height, input.width];
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1 });

  async function vectorOf(pixels: Pixels): Promise<Float32Array> {
    const outputs = await session.run({ [input.name]: new Tensor("float32", preprocess(pixels, input), dims) }, [
      output,
    ]);
    const data = outputs[output]?.data;
    if (!(data instanceof Float32Array)) throw new Error(`Expected float32 numbers from output ${output}`);
    return data.slice();
  }

  return {
    async read(file, index) {
      const photo = await decodeFull(await readFile(file));

      async function vectorsOf(edits: readonly Edit[]): Promise<Float32Array[]> {
        const vectors: Float32Array[] = [];
        for (const { name, apply } of edits) {
          vectors.push(await vectorOf(await apply(photo, createSeededRandom(seedOf(`${basename(file)}/${name}`)))));
        }
        return vectors;
      }

      return {
        crops: [await vectorOf(photo), ...(await vectorsOf(CROPS))],
        others: index % OTHERS_EVERY === 0 ? await vectorsOf(OTHER_EDITS) : [],
      };
    },
  };
}
