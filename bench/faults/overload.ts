// What ten times as much as the service can do makes of it. A service process on an engine of its own and a load process;
// for each kind of request: first its capacity, with ever more connections that each wait for their answer, then in turns as
// many requests a second as that and ten times as many, whatever is answered. All on one machine, so the load itself takes
// time from the service: of interest are the ratios within a run.
//   npx tsx bench/faults/overload.ts [--seconds 20] [--rounds 1] [--kind "new images"] [--bytes 30000] [--workers 1]
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startDatabase, startLookalike } from "../http/servers.ts";
import type { LoadOrder, LoadReport } from "./load-process.ts";
import type { LoadKind } from "./load-requests.ts";
import { readServiceMemory } from "./service-memory.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    rounds: { type: "string", default: "1" },
    kind: { type: "string" },
    bytes: { type: "string", default: "30000" },
    workers: { type: "string", default: "1" },
  },
});
const SECONDS = Number(values.seconds);
const ROUNDS = Number(values.rounds);
const KINDS: readonly LoadKind[] = ["new images", "repeats", "look-ups"];
const TIMES = 10;
const GOAL = { refusedMs: 100, ratio: 2 };
const CLOSED = [4, 16, 64];
const PROBE_SECONDS = 3;
const SETTLE_MS = 4000;
/** New images made ahead: what is expected to be accepted and some more, and what may be under way. */
const SPARE = 1.5;
const IN_FLIGHT = 300;

const database = await startDatabase();
const service = await startLookalike(database, { WORKERS: values.workers, LOG_LEVEL: "error" });
const load = fork(fileURLToPath(new URL("./load-process.ts", import.meta.url)), {
  execArgv: process.execArgv,
  serialization: "advanced",
});
let met = true;

for (const kind of KINDS) if (values.kind === undefined || values.kind === kind) await measure(kind);
load.kill();
await service.stop();
await database.close();
process.exitCode = met ? 0 : 1;

async function measure(kind: LoadKind): Promise<void> {
  console.log(`\n${kind}`);
  const first = await send(kind, { closed: 4 }, PROBE_SECONDS, 0);
  const capacity = await findCapacity(kind, first.goodput);
  const at = { one: [] as LoadReport[], ten: [] as LoadReport[] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [turn, times] of [
      ["one", 1],
      ["ten", TIMES],
    ] as const) {
      await delay(SETTLE_MS);
      const before = readServiceMemory(service.pid);
      const report = await send(kind, { open: capacity * times }, SECONDS, capacity);
      const after = readServiceMemory(service.pid);
      at[turn].push(report);
      console.log(`  ${`${times} x capacity`.padEnd(14)} ${describe(report)}; ${memory(before, after)}`);
    }
  }
  const ratio = worst(at.ten, "p99") / worst(at.one, "p99");
  const refused = Math.max(...at.ten.map((report) => report.refused.p99));
  const goodput = mean(at.ten) / mean(at.one);
  met &&= ratio <= GOAL.ratio && !(refused > GOAL.refusedMs);
  console.log(
    `  accepted p99 at ${TIMES} x : at 1 x = ${ratio.toFixed(2)} (goal ${GOAL.ratio}); refusals p99 ${refused.toFixed(0)} ms (goal ${GOAL.refusedMs}); accepted a second at ${TIMES} x : at 1 x = ${goodput.toFixed(2)}`,
  );
}

/** The most requests a second that are answered, with few connections or many. */
async function findCapacity(kind: LoadKind, guess: number): Promise<number> {
  let best = guess;
  for (const closed of CLOSED) {
    const report = await send(kind, { closed }, PROBE_SECONDS, best);
    console.log(`  ${`${closed} connections`.padEnd(14)} ${describe(report)}`);
    best = Math.max(best, report.goodput);
  }
  return best;
}

/** @param accepted requests a second that are expected to be */
async function send(kind: LoadKind, how: LoadOrder["load"], seconds: number, accepted: number): Promise<LoadReport> {
  const order: LoadOrder = {
    port: service.port,
    kind,
    bodyBytes: Number(values.bytes),
    seconds,
    prepared: Math.ceil(accepted * seconds * SPARE) + IN_FLIGHT,
    load: how,
  };
  load.send(order);
  const [report] = (await once(load, "message")) as [LoadReport];
  return report;
}

function describe({ accepted, refused, others, sentRate, goodput, lateP99 }: LoadReport): string {
  const ms = (value: number) => (Number.isNaN(value) ? "-" : value.toFixed(value < 10 ? 1 : 0));
  const rest = Object.entries(others).map(([status, count]) => `, ${count} x ${status === "0" ? "no answer" : status}`);
  return [
    `${sentRate.toFixed(0)}/s sent, ${goodput.toFixed(0)}/s accepted`,
    `p50 ${ms(accepted.p50)} p99 ${ms(accepted.p99)} ms`,
    `${refused.count} refused p99 ${ms(refused.p99)} max ${ms(refused.max)} ms${rest.join("")}`,
    `load late by ${ms(lateP99)} ms`,
  ].join("; ");
}

function memory(before: ReturnType<typeof readServiceMemory>, after: ReturnType<typeof readServiceMemory>): string {
  const change = (part: "service" | "workers") => `${before[part].toFixed(0)} -> ${after[part].toFixed(0)}`;
  return `MiB resident: service ${change("service")}, workers ${change("workers")}`;
}

function worst(reports: readonly LoadReport[], part: "p99"): number {
  return Math.max(...reports.map(({ accepted }) => accepted[part]));
}

function mean(reports: readonly LoadReport[]): number {
  return reports.reduce((sum, { goodput }) => sum + goodput, 0) / reports.length;
}
