import { loadClassifier } from "../classifier/onnx-classifier.ts";
import { createImageJobs } from "./image-jobs.ts";
import type { WorkerOptions } from "./protocol.ts";
import { serveRequests } from "./serve-requests.ts";

// Entry of the worker process; the pool starts it with its options as the one argument and a pipe at descriptor 3.

process.title = "lookalike-image-worker";
const options = JSON.parse(process.argv[2] ?? "") as WorkerOptions;
await serveRequests(options, async () => createImageJobs(await loadClassifier(options.modelPath)));
