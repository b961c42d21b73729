import { parseArgs } from "node:util";
import { TEST_SERVER_VARIABLE } from "../../test/support/database.ts";
import { ANSWERED_WITHIN_MS, askAsUsual, askWithFault, type FaultOutcome } from "../../test/support/fault-case.ts";
import { FAULTS, type Fault } from "../../test/support/faulty-postgres.ts";
import { FAULTY_REQUESTS, type FaultyRequest } from "../../test/support/faulty-requests.ts";
import { type FaultyService, startFaultyService } from "../../test/support/faulty-service.ts";
import { startTestServer } from "../../test/support/test-server.ts";
import { progress } from "../index/progress.ts";

// [DATABASE_URL=...] tsx bench/faults/database-faults.ts [--services 4] [--faults hang,reset] [--requests "check"]
//
// Every request, each of its statements, every fault: the first statement fails, then the second, until the request has no
// more. Ends with a table by request and one by fault, and with exit code 1 where a promise was broken.

const PROGRESS_MS = 5_000;

const { values } = parseArgs({
  options: {
    /** Each with a database and a proxy of its own, side by side, since most of the time is spent waiting. */
    services: { type: "string", default: "4" },
    faults: { type: "string", default: FAULTS.join(",") },
    /** Those whose name contains it. */
    requests: { type: "string", default: "" },
  },
});

interface Row {
  cases: number;
  refused: number;
  answered: number;
  broken: number;
  slowestMs: number;
}

const emptyRow = (): Row => ({ cases: 0, refused: 0, answered: 0, broken: 0, slowestMs: 0 });
const byRequest = new Map<string, Row>();
const byFault = new Map<string, Row>();
const failures: string[] = [];
let crashes = 0;

for (const event of ["unhandledRejection", "uncaughtException"] as const) {
  process.on(event, (error: unknown) => {
    crashes += 1;
    failures.push(`${event}: ${error instanceof Error ? error.stack : error}`);
  });
}

function count(request: FaultyRequest, fault: Fault, result: FaultOutcome | null): void {
  for (const [rows, name] of [
    [byRequest, request.name],
    [byFault, fault],
  ] as const) {
    const row = rows.get(name) ?? emptyRow();
    rows.set(name, row);
    row.cases += 1;
    if (result === null) row.broken += 1;
    else row[result.outcome === "refused" ? "refused" : "answered"] += 1;
    row.slowestMs = Math.max(row.slowestMs, Math.round(result?.tookMs ?? 0));
  }
}

async function sweep(on: FaultyService, request: FaultyRequest, faults: readonly Fault[]): Promise<void> {
  await askAsUsual(on, request);
  for (const fault of faults) {
    const usual = await askAsUsual(on, request);
    for (let nth = 1; ; nth++) {
      let result: FaultOutcome | null = null;
      try {
        result = await askWithFault(on, request, usual, fault, nth);
      } catch (error) {
        const where = `${request.name}, ${fault} at statement ${nth} of ${usual.statements}`;
        failures.push(`${where}: ${error instanceof Error ? error.message : error}`);
        progress(failures.at(-1) ?? where);
      }
      if (result?.outcome === "unreached" || (result === null && nth > usual.statements)) break;
      count(request, fault, result);
    }
  }
}

function table(title: string, rows: ReadonlyMap<string, Row>): void {
  console.log(`\n| ${title} | faults met | 503 | answered all the same | promise broken | slowest, ms |`);
  console.log("|---|---:|---:|---:|---:|---:|");
  for (const [name, row] of rows) {
    console.log(`| ${name} | ${row.cases} | ${row.refused} | ${row.answered} | ${row.broken} | ${row.slowestMs} |`);
  }
}

const faults = values.faults.split(",").map((name) => {
  const fault = FAULTS.find((each) => each === name);
  if (fault === undefined) throw new Error(`Expected one of ${FAULTS.join(", ")} for --faults but received ${name}`);
  return fault;
});
const waiting = FAULTY_REQUESTS.filter(({ name }) => name.includes(values.requests));
const total = waiting.length;
const running = await startTestServer();
process.env[TEST_SERVER_VARIABLE] = JSON.stringify(running.server);
const first = await startFaultyService();
const crew = [first];
while (crew.length < Number(values.services)) crew.push(await startFaultyService(first.service.context.workers));
const timer = setInterval(() => {
  const cases = [...byRequest.values()].reduce((sum, row) => sum + row.cases, 0);
  progress(
    `${total - waiting.length} of ${total} requests begun, ${cases} faults met, ${failures.length} promises broken`,
  );
}, PROGRESS_MS);
await Promise.all(
  crew.map(async (on) => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await sweep(on, next, faults);
  }),
);
clearInterval(timer);
for (const each of crew.reverse()) await each.close();
await running.stop();

table("request", byRequest);
table("fault", byFault);
console.log(`\nAnswers within ${ANSWERED_WITHIN_MS} ms of the fault; unhandled rejections and exceptions: ${crashes}.`);
for (const failure of failures) console.log(`\n${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;
