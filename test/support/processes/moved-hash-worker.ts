import { fingerprintPixels } from "../../../src/fingerprint/fingerprint-image.ts";
import { decodeForHashes } from "../../../src/image/decode-image.ts";
import { checkGolden } from "../../../src/worker/golden-check.ts";
import { GOLDEN } from "../../../src/worker/golden-pictures.ts";
import type { WorkerOptions } from "../../../src/worker/protocol.ts";
import { serveRequests } from "../../../src/worker/serve-requests.ts";

// A worker process whose decoder gives pictures upside down: it can't start.

const options = JSON.parse(process.argv[2] ?? "") as WorkerOptions;
await serveRequests(options, async () => {
  await checkGolden(GOLDEN, async (file) => {
    const { pixels } = await decodeForHashes(file);
    return fingerprintPixels({ ...pixels, data: pixels.data.toReversed() });
  });
  throw new Error("The check of the golden pictures let moved hashes pass");
});
