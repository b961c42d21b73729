import { loadClassifier } from "../classifier/onnx-classifier.ts";
import { neuralBits } from "../fingerprint/neural.ts";
import { checkLoaders } from "../image/check-loaders.ts";
import { checkGolden } from "./golden-check.ts";
import { checkGoldenNeural } from "./golden-neural.ts";
import { GOLDEN } from "./golden-pictures.ts";
import { createImageJobs } from "./image-jobs.ts";
import type { WorkerOptions } from "./protocol.ts";
import { serveRequests } from "./serve-requests.ts";

// Entry of the worker process; the pool starts it with its options as the one argument and a pipe at descriptor 3.

process.title = "lookalike-image-worker";
const options = JSON.parse(process.argv[2] ?? "") as WorkerOptions;
await serveRequests(options, async () => {
  await checkLoaders(GOLDEN.pictures.map(({ base64 }) => Buffer.from(base64, "base64")));
  const jobs = createImageJobs(await loadClassifier(options.modelPath));
  await checkGolden(GOLDEN, async (file) => (await jobs.fingerprint(0, file, false)).report);
  await checkGoldenNeural(GOLDEN, jobs.model.neuralVersion, async (file) => {
    const { neural } = await jobs.classify(0, file);
    return neural === null ? null : neuralBits(neural);
  });
  return jobs;
});
