import type { Pixels } from "../src/fingerprint/fingerprint.ts";

/** The published nsfwjs package on tfjs' WebAssembly backend. */
export interface NsfwjsPeer {
  /** Label (lower-case) to probability, 0..1, in the package's own order of classes. */
  classify(pixels: Pixels): Promise<Record<string, number>>;
}

interface Tensor {
  dispose(): void;
}

interface Tensorflow {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  getBackend(): string;
  tensor3d(data: Int32Array, shape: readonly [number, number, number], type: "int32"): Tensor;
}

interface Nsfwjs {
  load(name: "MobileNetV2"): Promise<{
    classify(image: Tensor): Promise<{ className: string; probability: number }[]>;
  }>;
}

const CLASSES = ["drawing", "hentai", "neutral", "porn", "sexy"];

/** @throws Error where bench/node_modules is absent: `npm ci --prefix bench` installs it. */
export async function loadNsfwjsPeer(): Promise<NsfwjsPeer> {
  const tf = await importPeer<Tensorflow>("@tensorflow/tfjs");
  await importPeer("@tensorflow/tfjs-backend-wasm");
  const nsfwjs = await importPeer<Nsfwjs>("nsfwjs");
  await tf.setBackend("wasm");
  await tf.ready();
  if (tf.getBackend() !== "wasm") throw new Error(`Expected the wasm backend but received ${tf.getBackend()}`);
  const model = await nsfwjs.load("MobileNetV2");
  return {
    async classify({ data, width, height }) {
      const image = tf.tensor3d(new Int32Array(data), [height, width, 3], "int32");
      try {
        const predictions = await model.classify(image);
        const byLabel = new Map(predictions.map((p) => [p.className.toLowerCase(), p.probability]));
        return Object.fromEntries(CLASSES.map((label) => [label, byLabel.get(label) ?? Number.NaN]));
      } finally {
        image.dispose();
      }
    },
  };
}

/** Takes the name as a value, so that the project type-checks without the peers. */
async function importPeer<Module>(name: string): Promise<Module> {
  try {
    return (await import(name)) as Module;
  } catch (cause) {
    throw new Error(`Expected ${name} in bench/node_modules; install it with: npm ci --prefix bench`, { cause });
  }
}
