import { parseArgs } from "node:util";
import pg from "pg";
import { runIdempotency } from "../../test/support/idempotency-run.ts";
import { flatPicture } from "../../test/support/pictures.ts";
import { progress } from "../index/progress.ts";
import { openDurableStage } from "./durable-stage.ts";

// tsx bench/faults/idempotency.ts [--keys 1000] [--lanes 8] [--processes 3]
//
// Each Idempotency-Key is sent eight times at once, spread over the processes, `lanes` keys at a time; then every process is
// killed and started again, and each key is sent once more, with a changed body, and by another caller. Ends with exit code 1
// at the first answer or count that is not as it should be.

const { values } = parseArgs({
  options: {
    keys: { type: "string", default: "1000" },
    lanes: { type: "string", default: "8" },
    processes: { type: "string", default: "3" },
  },
});

const stage = await openDurableStage(Number(values.processes), {
  FREE_CALLS_PER_DAY: "100000",
  LOG_LEVEL: "warn",
});
const pool = new pg.Pool({ connectionString: stage.database.url, max: 2 });
const startMs = performance.now();
try {
  const result = await runIdempotency({
    pool,
    crew: stage.crew,
    adminKey: stage.adminKey,
    image: await flatPicture("#3c7a1f", 8, 8),
    keys: Number(values.keys),
    lanes: Number(values.lanes),
    tell: progress,
  });
  console.log("what was asked     keys, each 8 at once, then after a kill of every process");
  for (const [kind, count] of Object.entries(result.cases)) console.log(`${kind.padEnd(17)}  ${count}`);
  console.log(`${values.keys} keys: one charge and one body each; ${result.busy} answers to try again`);
  console.log(`${((performance.now() - startMs) / 1000).toFixed(0)} s on ${values.processes} processes`);
} finally {
  await pool.end();
  await stage.remove();
}
