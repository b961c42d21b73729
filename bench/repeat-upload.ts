// A repeat upload beside just receiving and SHA-1-ing its bytes: one request at a time, turns of both in one run, raw body
// and multipart. A repeat is authenticated, recognised, matched against a list of one entry, recorded and answered.
//   npx tsx bench/repeat-upload.ts
import { randomBytes } from "node:crypto";
import { detailedPicture } from "../test/support/pictures.ts";
import { drive, median, type RawRequest, rawRequest } from "./http/load.ts";
import { BENCH_KEY, startDatabase, startLookalike, startServer } from "./http/servers.ts";

const SIZES = [100_000, 500_000, 2_000_000, 8_000_000];
const TURNS = 8;
const REQUESTS_A_TURN = 25;
const GOAL = 1.5;

const authorization = { Authorization: `Bearer ${BENCH_KEY}` };
const database = await startDatabase();
const ours = await startLookalike(database, { WORKERS: "1" });
const bare = await startServer(new URL("./http/receive-server.ts", import.meta.url), {});
const url = `http://127.0.0.1:${ours.port}`;

await call("/v1/lists", { "content-type": "application/json" }, JSON.stringify({ name: "bench" }));
await call("/v1/lists/bench/entries", { "content-type": "image/png" }, await detailedPicture(1));

console.log(`medians of ${TURNS * REQUESTS_A_TURN} requests; goal: at most ${GOAL} x`);
const picture = await detailedPicture(2);
for (const size of SIZES) {
  // What a decoder passes over behind a PNG's end makes the upload as large as it is to be.
  const bytes = Buffer.concat([picture, randomBytes(Math.max(0, size - picture.length))]);
  for (const [form, request] of [
    ["raw", rawUpload(bytes)],
    ["multipart", multipartUpload(bytes)],
  ] as const) {
    const times = { ours: [] as number[], bare: [] as number[] };
    await drive(ours.port, 1, count(3, request));
    await drive(bare.port, 1, count(3, request));
    for (let turn = 0; turn < TURNS; turn++) {
      times.bare.push(...(await drive(bare.port, 1, count(REQUESTS_A_TURN, request))));
      times.ours.push(...(await drive(ours.port, 1, count(REQUESTS_A_TURN, request))));
    }
    const ratio = median(times.ours) / median(times.bare);
    const cells = [
      `${(bytes.length / 1e6).toFixed(1)} MB ${form}`.padEnd(18),
      `ours ${median(times.ours).toFixed(2)} ms`,
    ];
    console.log([...cells, `bare ${median(times.bare).toFixed(2)} ms`, `ratio ${ratio.toFixed(2)}`].join("   "));
  }
}
await ours.stop();
await bare.stop();
await database.close();

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
