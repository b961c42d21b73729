// A repeat upload beside just receiving and SHA-1-ing its bytes: one request at a time and eight at once, turns of both in
// one run, raw body and multipart; the time of a turn divided by its requests. A repeat is authenticated, recognised, matched against a list of one entry, recorded and answered.
//   npx tsx bench/repeat-upload.ts
import { randomBytes } from "node:crypto";
import { detailedPicture } from "../test/support/pictures.ts";
import { drive, median, type RawRequest, rawRequest } from "./http/load.ts";
import { BENCH_KEY, startDatabase, startLookalike, startServer } from "./http/servers.ts";

const SIZES = [100_000, 500_000, 2_000_000, 8_000_000];
const TURNS = 6;
const REQUESTS_A_TURN = 40;
const GOAL = 1.5;

const authorization = { Authorization: `Bearer ${BENCH_KEY}` };
const database = await startDatabase();
const ours = await startLookalike(database, { WORKERS: "1" });
const bare = await startServer(new URL("./http/receive-server.ts", import.meta.url), {});
const url = `http://127.0.0.1:${ours.port}`;

await call("/v1/lists", { "content-type": "application/json" }, JSON.stringify({ name: "bench" }));
await call("/v1/lists/bench/entries", { "content-type": "image/png" }, await detailedPicture(1));

console.log(`medians of ${TURNS} turns, ms a request; goal: at most ${GOAL} x`);
const picture = await detailedPicture(2);
for (const size of SIZES) {
  // What a decoder passes over behind a PNG's end makes the upload as large as it is to be.
  const bytes = Buffer.concat([picture, randomBytes(Math.max(0, size - picture.length))]);
  for (const [form, request] of [
    ["raw", rawUpload(bytes)],
    ["multipart", multipartUpload(bytes)],
  ] as const) {
    for (const connections of [1, 8]) {
      const times = { ours: [] as number[], bare: [] as number[] };
      for (let turn = -1; turn < TURNS; turn++) {
        const bareMs = await timeTurn(bare.port, connections, request);
        const oursMs = await timeTurn(ours.port, connections, request);
        if (turn < 0) continue;
        times.bare.push(bareMs);
        times.ours.push(oursMs);
      }
      const name = `${(bytes.length / 1e6).toFixed(1)} MB ${form}, ${connections} at once`.padEnd(28);
      const ratio = (median(times.ours) / median(times.bare)).toFixed(2);
      console.log(
        `${name} ours ${median(times.ours).toFixed(2)}   bare ${median(times.bare).toFixed(2)}   ratio ${ratio}`,
      );
    }
  }
}
await ours.stop();
await bare.stop();
await database.close();

async function timeTurn(port: number, connections: number, request: RawRequest): Promise<number> {
  const startMs = performance.now();
  await drive(port, connections, count(REQUESTS_A_TURN, request));
  return (performance.now() - startMs) / REQUESTS_A_TURN;
}

function rawUpload(bytes: Buffer): RawRequest {
  return rawRequest("POST", "/v1/images/check", { ...authorization, "Content-Type": "image/png" }, bytes);
}

function multipartUpload(bytes: Buffer): RawRequest {
  const head =
    '--bench\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n';
  const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from("\r\n--bench--\r\n")]);
  const headers = { ...authorization, "Content-Type": "multipart/form-data; boundary=bench" };
  return rawRequest("POST", "/v1/images/check", headers, body);
}

function count(requests: number, request: RawRequest): () => RawRequest | null {
  let left = requests;
  return () => (left-- > 0 ? request : null);
}

async function call(path: string, headers: Record<string, string>, body: string | Buffer): Promise<void> {
  const response = await fetch(url + path, { method: "POST", headers: { ...headers, ...authorization }, body });
  if (!response.ok) throw new Error(await response.text());
}
