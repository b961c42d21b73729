import sharp from "sharp";
import "../../../src/image/decode-image.ts";
import type { WorkerOptions } from "../../../src/worker/protocol.ts";

// The real worker process, but for one loader that is opened again after the product has closed all: `modelPath` names it.

const { modelPath } = JSON.parse(process.argv[2] ?? "") as WorkerOptions;
sharp.unblock({ operation: [modelPath] });
await import("../../../src/worker/image-worker.ts");
