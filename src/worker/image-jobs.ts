import type { Classifier } from "../classifier/onnx-classifier.ts";
import type { Pixels } from "../fingerprint/fingerprint.ts";
import { fingerprintPixels } from "../fingerprint/fingerprint-image.ts";
import { type DecodedImage, decodeForHashes, decodeFull } from "../image/decode-image.ts";
import type { WorkerJobs } from "./serve-requests.ts";

/** What is kept of an image for its classify: what the model takes, or the bytes where full-size pixels are still to come. */
type Held = { readonly tensor: Float32Array } | { readonly image: Uint8Array };

/** Untrusted bytes to pixels. */
export interface Decoder {
  decodeForHashes(image: Uint8Array): Promise<DecodedImage>;
  /** At full size, for the classifier, where the first decode was shrunk. */
  decodeFull(image: Uint8Array): Promise<Pixels>;
}

/** Decode, hash and classify, with `classifier` loaded. */
export function createImageJobs(
  classifier: Classifier,
  decoder: Decoder = { decodeForHashes, decodeFull },
): WorkerJobs {
  const held = new Map<number, Held>();

  async function tensorOf(image: Uint8Array): Promise<Float32Array> {
    return classifier.prepare(await decoder.decodeFull(image));
  }

  function take(job: number): Held {
    const kept = held.get(job);
    if (kept === undefined) throw new Error(`Expected job ${job} to be held`);
    held.delete(job);
    return kept;
  }

  return {
    model: {
      id: classifier.model,
      name: classifier.name,
      version: classifier.version,
      neuralVersion: classifier.neuralVersion,
      labels: classifier.labels,
      unsafeLabels: classifier.unsafeLabels,
      suggestiveLabels: classifier.suggestiveLabels,
    },
    async fingerprint(job, image, hold) {
      const { pixels, shrunk, width, height, format, frames } = await decoder.decodeForHashes(image);
      const report = { ...fingerprintPixels(pixels), width, height, format, frames };
      if (!hold) return { report, heldBytes: 0 };
      if (shrunk) {
        held.set(job, { image });
        return { report, heldBytes: image.byteLength };
      }
      const tensor = classifier.prepare(pixels);
      held.set(job, { tensor });
      return { report, heldBytes: tensor.byteLength };
    },
    async classify(job, image) {
      const source = image === null ? take(job) : { image };
      return classifier.classify("tensor" in source ? source.tensor : await tensorOf(source.image));
    },
    release(job) {
      held.delete(job);
    },
  };
}
