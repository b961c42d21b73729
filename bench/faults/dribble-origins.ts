// What 200 origins that dribble a byte now and then cost everybody else. A service process, a client of each kind of other
// request in turn (hash look-ups, repeat uploads, checks by URL of an origin that is well), idle and while the URLs of
// dribbling origins are checked, by one caller or by a new one for each; turns of all three in one run. A dribbling request
// that ends is sent again at once, one that is refused after its Retry-After.
//   npx tsx bench/faults/dribble-origins.ts [--origins 200] [--rounds 5] [--seconds 2]
import { setMaxListeners } from "node:events";
import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { detailedPicture } from "../../test/support/pictures.ts";
import { drive, type RawRequest, rawRequest, until } from "../http/load.ts";
import { BENCH_KEY, startDatabase, startLookalike, startServer } from "../http/servers.ts";

const { values } = parseArgs({
  options: {
    origins: { type: "string", default: "200" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
  },
});
const ORIGINS = Number(values.origins);
const ROUNDS = Number(values.rounds);
const TURN_MS = Number(values.seconds) * 1000;
const GOAL = 2;
/** What the start of so many requests at once costs is over by then; it comes after all of them are under way. */
const SETTLE_MS = 1000;
const STAGES = ["headers", "body", "chunks", "redirect"];
const PAUSES_MS = [100, 200, 300, 400, 500];

const database = await startDatabase();
const ours = await startLookalike(database, { WORKERS: "1", ALLOW_PRIVATE_URLS: "true", TRUST_PROXY: "1" });
const origin = await startServer(new URL("./dribbling-server.ts", import.meta.url), {});
const serviceUrl = `http://127.0.0.1:${ours.port}`;
const originUrl = `http://127.0.0.1:${origin.port}`;
const json = { "Content-Type": "application/json" };
const authorization = { Authorization: `Bearer ${BENCH_KEY}` };
const check = (url: string) => Buffer.from(JSON.stringify({ url }));

const created = await fetch(`${serviceUrl}/v1/keys`, {
  method: "POST",
  headers: { ...json, ...authorization },
  body: JSON.stringify({ name: "dribbler", scopes: ["check"] }),
});
if (created.status !== 201) throw new Error(await created.text());
const { key } = (await created.json()) as { key: string };

const KINDS: Readonly<Record<string, () => RawRequest>> = {
  "hash look-up": () => rawRequest("GET", `/v1/hashes/sha1/${"0".repeat(40)}`, authorization),
  "repeat upload": upload(await detailedPicture(7)),
  "URL check": () =>
    rawRequest("POST", "/v1/images/check", { ...json, ...authorization }, check(`${originUrl}/picture`)),
};

/** Who sends the dribbling requests: their headers, by the number of the request. */
const LOADS: Readonly<Record<string, ((i: number) => Record<string, string>) | null>> = {
  idle: null,
  "one caller": () => ({ Authorization: `Bearer ${key}` }),
  "many callers": (i) => ({ "X-Forwarded-For": `198.51.${i >> 8}.${i & 255}` }),
};

const times = new Map<string, number[]>();
const outcomes = new Map<string, number>();
for (let round = -1; round < ROUNDS; round++) {
  for (const [load, headersOf] of Object.entries(LOADS)) {
    const dribbling = headersOf === null ? null : dribbleAll(load, headersOf);
    await dribbling?.underWay();
    for (const [kind, make] of Object.entries(KINDS)) {
      const taken = await drive(ours.port, 1, until({ milliseconds: TURN_MS }, make));
      if (round >= 0) times.set(`${kind}, ${load}`, [...(times.get(`${kind}, ${load}`) ?? []), ...taken]);
    }
    await dribbling?.end();
  }
  console.log(round < 0 ? "warmed up" : `round ${round + 1} of ${ROUNDS}`);
}

console.log(`${ORIGINS} dribbling origins; p99 in ms; goal: at most ${GOAL} x idle`);
for (const kind of Object.keys(KINDS)) {
  const idle = quantile(times.get(`${kind}, idle`) ?? [], 0.99);
  for (const load of Object.keys(LOADS)) {
    const taken = times.get(`${kind}, ${load}`) ?? [];
    const p99 = quantile(taken, 0.99);
    const columns = [
      kind.padEnd(14),
      load.padEnd(13),
      `${taken.length} requests`.padEnd(16),
      `p50 ${quantile(taken, 0.5).toFixed(2)}`.padEnd(10),
      `p99 ${p99.toFixed(2)}`.padEnd(11),
      `ratio ${(p99 / idle).toFixed(2)}`,
    ];
    console.log(columns.join(" "));
  }
}
console.log("dribbling requests by outcome:", Object.fromEntries([...outcomes].sort()));
await ours.stop();
await origin.stop();
await database.close();

function upload(bytes: Buffer): () => RawRequest {
  const raw = rawRequest("POST", "/v1/images/check", { ...authorization, "Content-Type": "image/png" }, bytes);
  return () => raw;
}

interface Dribbling {
  /** Resolves when nearly every request has reached its origin, or was refused. */
  underWay(): Promise<void>;
  end(): Promise<void>;
}

/** Keeps a request for each dribbling origin under way until `end`. */
function dribbleAll(load: string, headersOf: (i: number) => Record<string, string>): Dribbling {
  const stop = new AbortController();
  const refused = new Set<number>();
  setMaxListeners(ORIGINS, stop.signal);
  async function keepOne(i: number): Promise<void> {
    const path = `${STAGES[i % STAGES.length]}/${PAUSES_MS[i % PAUSES_MS.length]}`;
    while (!stop.signal.aborted) {
      const answer = await send({ ...json, ...headersOf(i) }, check(`${originUrl}/${path}/${i}`));
      if (stop.signal.aborted) return;
      const outcome = `${load}: ${answer.status} ${answer.code}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (answer.retryAfterSeconds > 0) {
        refused.add(i);
        await delay(answer.retryAfterSeconds * 1000, null, { signal: stop.signal }).catch(() => {});
      }
    }
  }
  const all = Array.from({ length: ORIGINS }, (_, i) => keepOne(i));
  return {
    async underWay() {
      // Some are always between the end of one fetch and the next.
      const wanted = ORIGINS * 0.9;
      while (refused.size + Number(await (await fetch(`${originUrl}/count`)).text()) < wanted) await delay(100);
      await delay(SETTLE_MS);
    },
    async end() {
      stop.abort();
      await fetch(`${originUrl}/hang-up`);
      await Promise.all(all);
    },
  };
}

/** Unlike fetch, on a connection of its own. */
function send(
  headers: Record<string, string>,
  body: Buffer,
): Promise<{ status: number; code: string; retryAfterSeconds: number }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${serviceUrl}/v1/images/check`, { method: "POST", headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => {
        const { code } = JSON.parse(text) as { code: string };
        resolve({
          status: response.statusCode ?? 0,
          code,
          retryAfterSeconds: Number(response.headers["retry-after"] ?? 0),
        });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function quantile(sample: readonly number[], part: number): number {
  const sorted = [...sample].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
