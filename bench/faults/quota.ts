import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import pg from "pg";
import { flatPicture } from "../../test/support/pictures.ts";
import type { QuotaLoad, QuotaTally } from "../../test/support/quota-load.ts";
import { type Counts, type QuotaRunKind, type QuotaRunResult, runQuota } from "../../test/support/quota-run.ts";
import { progress } from "../index/progress.ts";
import { openDurableStage } from "./durable-stage.ts";

// tsx bench/faults/quota.ts [--runs 20] [--requests 30000] [--units 10000] [--clients 64] [--burst 50] [--processes 3]
//   [--kinds address,key,address,key-period,address,address,key,address,address-period,address]
//
// More requests than there are units, from many clients at once, against several service processes on one PostgreSQL. The
// runs are of these kinds, over and over: an address repeats one image; a key sends images that nobody sent before; and in
// both, a period ends under way. Ends with exit code 1 at the first count that isn't exact.

const PROGRESS_MS = 5_000;

const KINDS = {
  address: { payer: "address", rollsOver: false },
  key: { payer: "key", rollsOver: false },
  "address-period": { payer: "address", rollsOver: true },
  "key-period": { payer: "key", rollsOver: true },
} as const satisfies Record<string, QuotaRunKind>;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "20" },
    requests: { type: "string", default: "30000" },
    units: { type: "string", default: "10000" },
    clients: { type: "string", default: "64" },
    burst: { type: "string", default: "50" },
    processes: { type: "string", default: "3" },
    kinds: {
      type: "string",
      default: "address,key,address,key-period,address,address,key,address,address-period,address",
    },
  },
});
const units = Number(values.units);
const kinds = values.kinds.split(",").map((name) => {
  if (!Object.hasOwn(KINDS, name)) throw new Error(`Expected ${Object.keys(KINDS)} for --kinds but received ${name}`);
  return KINDS[name as keyof typeof KINDS];
});

const stage = await openDurableStage(Number(values.processes), {
  FREE_CALLS_PER_DAY: String(units),
  LOG_LEVEL: "warn",
});
const pool = new pg.Pool({ connectionString: stage.database.url, max: 2 });
const results: { kind: QuotaRunKind; result: QuotaRunResult }[] = [];
try {
  const quotaStage = {
    pool,
    ports: stage.crew.ports,
    adminKey: stage.adminKey,
    image: await flatPicture("#7a1f3c", 8, 8),
    units,
    requests: Number(values.requests),
    clients: Number(values.clients),
    burst: Number(values.burst),
  };
  for (let run = 0; run < Number(values.runs); run++) {
    const kind = kinds[run % kinds.length] as QuotaRunKind;
    progress(`run ${run + 1} of ${values.runs}: ${describeKind(kind)}`);
    const result = await runQuota(quotaStage, kind, (run + 1).toString(16), sendFromProcess);
    results.push({ kind, result });
    progress(`run ${run + 1}: exact, ${result.accepted} accepted in ${result.seconds.toFixed(1)} s`);
  }
} finally {
  console.log("run  payer                             accepted (of which before)  refused  tried again  seconds");
  for (const [index, { kind, result }] of results.entries()) {
    const accepted = result.before === null ? `${result.accepted}` : `${result.accepted} (${result.before})`;
    console.log(
      `${String(index + 1).padStart(3)}  ${describeKind(kind).padEnd(32)}  ${accepted.padStart(26)}  ${String(result.refused).padStart(7)}  ${String(result.busy).padStart(11)}  ${result.seconds.toFixed(1).padStart(7)}`,
    );
  }
  console.log(`${results.length} of ${values.runs} runs exact`);
  await pool.end();
  await stage.remove();
}

function describeKind({ payer, rollsOver }: QuotaRunKind): string {
  return `${payer === "key" ? "key, new images" : "address, repeats"}${rollsOver ? ", period ends" : ""}`;
}

function sendFromProcess(load: QuotaLoad, onTally: (counts: Counts) => void): Promise<QuotaTally> {
  const sender: ChildProcess = fork(fileURLToPath(new URL("quota-load-process.ts", import.meta.url)));
  let toldAt = performance.now();
  return new Promise((resolve, reject) => {
    sender.on("message", (message: { counts?: Counts; tally?: QuotaTally }) => {
      if (message.tally !== undefined) resolve(message.tally);
      if (message.counts === undefined) return;
      onTally(message.counts);
      if (performance.now() - toldAt < PROGRESS_MS) return;
      toldAt = performance.now();
      const { accepted, refused, busy } = message.counts;
      progress(`  ${accepted} accepted, ${refused} refused, ${busy} tried again, of ${load.requests}`);
    });
    sender.once("exit", (code) => reject(new Error(`The sending process ended with ${code}`)));
    sender.send(load);
  });
}
