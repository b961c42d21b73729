import { createWorkerPool } from "../../../src/worker/pool.ts";
import { compiledProcess } from "../compiled-tests.ts";
import { script, silentLogger } from "../scripted-pool.ts";

// A process with a pool of two workers, one busy with the job in its first argument, that prints their ids and then only
// waits to be killed.

const pool = createWorkerPool({
  modelPath: "stub",
  workers: 2,
  logger: silentLogger,
  workerScript: compiledProcess("worker-script"),
});
while (pool.stats().ready < 2) await new Promise((resolve) => setImmediate(resolve));
pool.fingerprint(script(process.argv[2] ?? ""), { hold: false }).catch(() => {});
console.log(JSON.stringify(pool.stats().pids));
