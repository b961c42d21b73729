import { existsSync, writeFileSync, writeSync } from "node:fs";
import { AppError } from "../../../src/errors.ts";
import type { Classified, ImageReport, WorkerOptions } from "../../../src/worker/protocol.ts";
import { serveRequests } from "../../../src/worker/serve-requests.ts";

// A worker process that does as the "image" says. The bytes are "<what the fingerprint does>|<what the classify does>",
// each a word and its argument; the model path says how it starts. A report's width is the number given, its height the
// process's id.

const HELD_BYTES = 1_000;
const GARBAGE = Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0, 0x7b, 0x7b);

const options = JSON.parse(process.argv[2] ?? "") as WorkerOptions;
const held = new Map<number, string>();
const ballast: Buffer[] = [];

async function obey(command: string): Promise<number> {
  const [word, argument = ""] = command.trim().split(" ");
  switch (word) {
    case "number":
      return Number(argument);
    case "spin":
      for (;;);
    case "gate":
      return pass(argument);
    case "abort":
      return process.abort();
    case "exit":
      return process.exit(0);
    case "unreadable":
      throw new AppError("image_unreadable", "Expected image to be an image");
    case "leak":
      throw new Error(`could not open ${argument}`);
    case "lie":
      writeSync(3, GARBAGE);
      return pass("never");
    case "grow":
      for (let mebibytes = 0; mebibytes < Number(argument); mebibytes++) ballast.push(Buffer.alloc(1024 * 1024, 1));
      return pass("never");
    default:
      throw new Error(`Unknown command ${word}`);
  }
}

/** Say by a file that the job is here, and go on once the gate is open. */
async function pass(gate: string): Promise<number> {
  if (gate !== "never") writeFileSync(`${gate}.reached`, String(process.pid));
  return new Promise((resolve) => {
    setInterval(() => {
      if (existsSync(`${gate}.open`)) resolve(1);
    }, 5);
  });
}

function report(width: number): ImageReport {
  return {
    pdq: null,
    pdqQuality: 0,
    blockhash: null,
    variants: [],
    detail: "insufficient",
    detailCause: "too_small",
    width,
    height: process.pid,
    format: "png",
    frames: 1,
  };
}

await serveRequests(options, async () => {
  if (options.modelPath === "exit") process.exit(7);
  if (options.modelPath === "refuse") throw new Error("Expected a model at refuse");
  const version = existsSync(options.modelPath) ? "2" : "1";
  return {
    model: {
      id: `stub@${version}`,
      name: "stub",
      version,
      neuralVersion: null,
      labels: ["held"],
      unsafeLabels: [],
      suggestiveLabels: [],
    },
    async fingerprint(job, image, hold) {
      const text = new TextDecoder().decode(image);
      const width = await obey(text.split("|")[0] ?? "");
      if (hold) held.set(job, text);
      return { report: report(width), heldBytes: hold ? HELD_BYTES : 0 };
    },
    async classify(job, image): Promise<Classified> {
      const text = image === null ? held.get(job) : new TextDecoder().decode(image);
      if (text === undefined) throw new Error(`Expected job ${job} to be held`);
      held.delete(job);
      const score = await obey(text.split("|")[1] ?? "number 1");
      return { scores: { held: image === null ? 1 : 0, score }, neural: null };
    },
    release(job) {
      held.delete(job);
    },
  };
});
