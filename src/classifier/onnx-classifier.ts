import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Pixels } from "../fingerprint/fingerprint.ts";
import { type ModelFile, readModelFile } from "./model-file.ts";
import { preprocess } from "./preprocess.ts";
import { toProbabilities } from "./probabilities.ts";

/** A loaded model. It holds native memory until `close`. */
export interface Classifier {
  readonly name: string;
  /** 12 hex digits; see ModelFile. */
  readonly version: string;
  /** `<name>@<version>`. */
  readonly model: string;
  /** In the model's order. */
  readonly labels: readonly string[];
  readonly unsafeLabels: readonly string[];
  readonly suggestiveLabels: readonly string[];
  /** Pixels. */
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** The picture as the model takes it: inputWidth * inputHeight * 3 numbers. Give it full-size pixels. */
  prepare(pixels: Pixels): Float32Array;
  /**
   * Probability per label, 0..1, in the order of `labels`. Despite the promise it blocks the thread for the whole
   * inference (microsoft/onnxruntime#19611), so call it where nothing else waits.
   */
  classify(tensor: Float32Array): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

/**
 * Loads an ONNX model and the sidecar beside it, and classifies one black picture, so that a model that doesn't fit its
 * sidecar fails here and not at the first request.
 *
 * @throws Error naming the file and what is wrong with it.
 */
export async function loadClassifier(modelPath: string): Promise<Classifier> {
  const file = await readModelFile(modelPath);
  const { sidecar } = file;
  const session = await openSession(file, modelPath);
  const { input, output, labels } = sidecar;
  const dims = input.layout === "NHWC" ? [1, input.height, input.width, 3] : [1, 3, input.height, input.width];

  async function classify(tensor: Float32Array): Promise<Readonly<Record<string, number>>> {
    const outputs = await session.run({ [input.name]: new Tensor("float32", tensor, dims) }, [output.name]);
    const data = outputs[output.name]?.data;
    if (!(data instanceof Float32Array)) {
      throw new Error(`Expected float32 numbers from output ${output.name} of ${modelPath}`);
    }
    const probabilities = toProbabilities(data, output.activation, labels.length);
    return Object.fromEntries(labels.map((label, i) => [label, probabilities[i] ?? 0]));
  }

  try {
    await classify(new Float32Array(input.width * input.height * 3));
  } catch (cause) {
    await session.release();
    throw new Error(`The model ${modelPath} does not fit its sidecar: ${messageOf(cause)}`, { cause });
  }
  return {
    name: file.name,
    version: file.version,
    model: file.model,
    labels,
    unsafeLabels: sidecar.unsafe,
    suggestiveLabels: sidecar.suggestive,
    inputWidth: input.width,
    inputHeight: input.height,
    prepare: (pixels) => preprocess(pixels, input),
    classify,
    close: () => session.release(),
  };
}

/** One thread per session: a second one gains little on a free core and loses half the speed on a busy one. */
async function openSession(file: ModelFile, modelPath: string): Promise<InferenceSession> {
  const { input, output } = file.sidecar;
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(file.bytes, {
      executionProviders: ["cpu"],
      executionMode: "sequential",
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
  } catch (cause) {
    throw new Error(`Expected an ONNX model in ${modelPath}: ${messageOf(cause)}`, { cause });
  }
  const wrong = missing("input", input.name, session.inputNames) ?? missing("output", output.name, session.outputNames);
  if (wrong === null) return session;
  await session.release();
  throw new Error(`The model ${modelPath} does not fit its sidecar: ${wrong}`);
}

function missing(kind: "input" | "output", name: string, names: readonly string[]): string | null {
  if (names.includes(name)) return null;
  return `expected an ${kind} named ${name} but it has ${names.join(", ")}`;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
