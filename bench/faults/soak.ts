// Whether the service's memory grows. A service process on an engine of its own under a moderate mix of everything, good and
// bad (soak-requests.ts), for as long as asked; its resident memory and that of its workers every few seconds, and the slope of
// each after the warm-up by least squares. Ends with 1 where a slope is above the goal, or a request was answered with 500.
//   npx tsx bench/faults/soak.ts [--minutes 30] [--rate 20] [--workers 1]
import { randomInt } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { BENCH_KEY, startDatabase, startLookalike } from "../http/servers.ts";
import { picture } from "./load-requests.ts";
import { readServiceMemory } from "./service-memory.ts";
import { slope } from "./slope.ts";
import { soakRequests } from "./soak-requests.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    rate: { type: "string", default: "20" },
    workers: { type: "string", default: "1" },
  },
});
const MINUTES = Number(values.minutes);
const RATE = Number(values.rate);
const GOAL_MIB_A_MINUTE = 1;
const SAMPLE_MS = 5000;
const TELL_EVERY = 6;
/** Until caches, pools and compiled code are there. */
const WARM_UP_MINUTES = Math.min(5, MINUTES / 3);
const MOST_AT_ONCE = 32;

const pictures = Array.from({ length: 50 }, () => picture(Math.random));
const origin = createServer((_, response) => {
  response.setHeader("Content-Type", "image/png").end(pictures[randomInt(pictures.length)]);
});
await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
const database = await startDatabase();
const service = await startLookalike(database, {
  WORKERS: values.workers,
  ALLOW_PRIVATE_URLS: "true",
  LOG_LEVEL: "fatal",
});
const url = `http://127.0.0.1:${service.port}`;
await fetch(`${url}/v1/lists`, {
  method: "POST",
  headers: { Authorization: `Bearer ${BENCH_KEY}`, "Content-Type": "application/json" },
  body: JSON.stringify({ name: "soak" }),
});

const requests = Object.values(soakRequests(url, `http://127.0.0.1:${(origin.address() as AddressInfo).port}`));
const statuses: Record<number, number> = {};
const samples: { readonly minute: number; readonly service: number; readonly workers: number }[] = [];
const startMs = performance.now();
const minute = () => (performance.now() - startMs) / 60_000;

console.log(`${MINUTES} minutes at ${RATE} requests a second, the first ${WARM_UP_MINUTES.toFixed(1)} to warm up`);
await Promise.all([sendAll(), watch()]);

const measured = samples.filter((sample) => sample.minute >= WARM_UP_MINUTES);
let met = (statuses[500] ?? 0) === 0;
for (const part of ["service", "workers"] as const) {
  const known = measured.filter((sample) => !Number.isNaN(sample[part]));
  const grown = slope(known.map((sample) => ({ x: sample.minute, y: sample[part] })));
  met &&= grown < GOAL_MIB_A_MINUTE;
  const most = Math.max(...known.map((sample) => sample[part]));
  console.log(
    `${part.padEnd(8)} ${grown.toFixed(3)} MiB a minute (goal below ${GOAL_MIB_A_MINUTE}), at most ${most.toFixed(0)} MiB, ${known.length} samples`,
  );
}
console.log(`answers by status: ${JSON.stringify(statuses)} (0: the client broke off)`);
await service.stop();
await database.close();
origin.close();
process.exitCode = met ? 0 : 1;

async function sendAll(): Promise<void> {
  let atOnce = 0;
  while (minute() < MINUTES) {
    if (atOnce < MOST_AT_ONCE) {
      atOnce += 1;
      const request = requests[randomInt(requests.length)];
      void request?.()
        .catch(() => [0])
        .then((answered) => {
          atOnce -= 1;
          for (const status of answered) statuses[status] = (statuses[status] ?? 0) + 1;
        });
    }
    await delay(1000 / RATE);
  }
  while (atOnce > 0) await delay(10);
}

async function watch(): Promise<void> {
  while (minute() < MINUTES) {
    const sample = { minute: minute(), ...readServiceMemory(service.pid) };
    samples.push(sample);
    if (samples.length % TELL_EVERY === 1) {
      const sent = Object.values(statuses).reduce((sum, count) => sum + count, 0);
      console.log(
        `minute ${sample.minute.toFixed(1).padStart(5)}: ${sent} answers; MiB resident: service ${sample.service.toFixed(0)}, workers ${sample.workers.toFixed(0)}`,
      );
    }
    await delay(SAMPLE_MS);
  }
}
