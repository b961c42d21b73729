import { parseArgs } from "node:util";
import { runCrashes } from "../../test/support/crash-run.ts";
import { progress } from "../index/progress.ts";
import { openDurableStage } from "./durable-stage.ts";

// tsx bench/faults/crash.ts [--kills 100] [--stops 20] [--clients 24] [--processes 3]
//
// Service processes are killed (SIGKILL) and the database is stopped without a checkpoint (SIGQUIT, as `pg_ctl stop -m
// immediate`) while clients check, ban, lift and change lists and keys. Then what they were told is compared with what is
// stored. Ends with exit code 1 where anything acknowledged is lost, anything is there twice or without what belongs to it,
// or units don't add up.

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    stops: { type: "string", default: "20" },
    clients: { type: "string", default: "24" },
    processes: { type: "string", default: "3" },
  },
});

const stage = await openDurableStage(Number(values.processes), {
  FREE_CALLS_PER_DAY: "1000000",
  LOG_LEVEL: "error",
});
const startMs = performance.now();
try {
  const { counts, readyMs, left } = await runCrashes({
    database: stage.database,
    crew: stage.crew,
    adminKey: stage.adminKey,
    clients: Number(values.clients),
    kills: Number(values.kills),
    stops: Number(values.stops),
    tell: progress,
  });
  console.log("what is stored          acknowledged  <=  stored  <=  acknowledged + in flight");
  for (const [what, { acknowledged, inFlight, stored }] of Object.entries(counts)) {
    const most = acknowledged + inFlight;
    console.log(
      `${what.padEnd(22)}  ${String(acknowledged).padStart(12)}      ${String(stored).padStart(6)}      ${String(most).padStart(24)}`,
    );
  }
  console.log(`left by dead processes until their leases ended: ${JSON.stringify(left)}`);
  const sorted = [...readyMs].sort((a, b) => a - b);
  const seconds = (at: number) => ((sorted[Math.floor((sorted.length - 1) * at)] ?? Number.NaN) / 1000).toFixed(1);
  console.log(
    `from start to ready: median ${seconds(0.5)} s, longest ${seconds(1)} s, waits for the database included`,
  );
  console.log(`${values.kills} kills, ${values.stops} stops, ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
} finally {
  await stage.remove();
}
