// Hash look-ups a second beside a bare hono + pg prepared select: the same database of 100,000 seen images, the same pool
// size, turns of a few seconds each in one run.
//   npx tsx bench/look-ups.ts
import { createHash } from "node:crypto";
import { drive, median, rawRequest, until } from "./http/load.ts";
import { BENCH_KEY, startDatabase, startLookalike, startServer } from "./http/servers.ts";

const IMAGES = 100_000;
const CONNECTIONS = 32;
const ROUNDS = 6;
const ROUND_MS = 2500;
const GOAL = 0.8;

const sha1Of = (number: number) => createHash("sha1").update(`image ${number}`).digest("hex");
const headers = { Authorization: `Bearer ${BENCH_KEY}` };

const database = await startDatabase();
await database.database.pool.query(
  `insert into image (sha256, sha1, md5, byte_length, format, width, height, frames, pdq_quality, detail,
     fingerprint_version, times_seen)
   select sha256(bytes), sha1, decode(md5(text), 'hex'), 1, 'jpeg', 1, 1, 1, 100, 'insufficient', 1, 1
   from unnest($1::text[], $2::bytea[]) as given (text, sha1), convert_to(text, 'UTF8') as bytes`,
  [
    Array.from({ length: IMAGES }, (_, number) => `image ${number}`),
    Array.from({ length: IMAGES }, (_, number) => Buffer.from(sha1Of(number), "hex")),
  ],
);
await database.database.pool.query("analyze image");
const ours = await startLookalike(database);
const bare = await startServer(new URL("./http/bare-select-server.ts", import.meta.url), {
  DATABASE_URL: database.url,
});

let asked = 0;
const kinds = {
  "unknown hash": () => createHash("sha1").update(`unknown ${++asked}`).digest("hex"),
  "known hash": () => sha1Of(++asked % IMAGES),
};
console.log(
  `${CONNECTIONS} connections, medians of ${ROUNDS} rounds; goal: at least ${GOAL} of the bare select's rate`,
);
for (const [kind, hash] of Object.entries(kinds)) {
  const rates = { ours: [] as number[], bare: [] as number[] };
  const request = () => rawRequest("GET", `/v1/hashes/sha1/${hash()}`, headers);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, server] of [
      ["bare", bare],
      ["ours", ours],
    ] as const) {
      const times = await drive(server.port, CONNECTIONS, until({ milliseconds: ROUND_MS }, request));
      if (round >= 0) rates[name].push((times.length / ROUND_MS) * 1000);
    }
  }
  const ratio = median(rates.ours) / median(rates.bare);
  console.log(
    `${kind}: ours ${median(rates.ours).toFixed(0)}/s, bare ${median(rates.bare).toFixed(0)}/s, ratio ${ratio.toFixed(2)}`,
  );
}
await ours.stop();
await bare.stop();
await database.close();
