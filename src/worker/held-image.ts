import type { Classified, ImageReport } from "./protocol.ts";

/** A fingerprinted image that can still be classified. */
export interface HeldImage {
  readonly report: ImageReport;
  /**
   * Scores and the neural hash by the model that `pool.model` names. Where the worker that holds the image is gone, or has let go of it,
   * another one decodes the bytes again, once. Calling it again gives the same promise. Rejects with an Error where the
   * image was fingerprinted without `hold` or is released, otherwise with the AppErrors of `fingerprint`.
   */
  classify(): Promise<Classified>;
  /** Say that no classify will come; does nothing after classify or a second time. */
  release(): void;
}

/** Keeps `bytes` until the first classify or release, and calls only one of the two functions, once. */
export function createHeldImage(
  report: ImageReport,
  bytes: Uint8Array,
  classify: (bytes: Uint8Array) => Promise<Classified>,
  release: () => void,
): HeldImage {
  let image: Uint8Array | null = bytes;
  let classified: Promise<Classified> | null = null;
  return {
    report,
    classify() {
      if (image !== null) classified = classify(image);
      image = null;
      return classified ?? Promise.reject(new Error("Expected classify before release"));
    },
    release() {
      if (image !== null) release();
      image = null;
    },
  };
}

/** For an image of which nothing was kept. */
export function createUnheldImage(report: ImageReport): HeldImage {
  return {
    report,
    classify: () => Promise.reject(new Error("Expected hold: true for an image that is to be classified")),
    release() {},
  };
}
