import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { compiledProcess } from "../support/compiled-tests.ts";
import { createGate, isRunning, until } from "../support/scripted-pool.ts";

const HOST = fileURLToPath(compiledProcess("pool-host"));

test("workers, idle or busy, end when their parent is killed", async (t) => {
  const gate = await createGate(t);
  const host = spawn(process.execPath, [HOST, gate.command], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => host.kill("SIGKILL"));
  const [line] = (await once(createInterface(host.stdout), "line")) as [string];
  const pids = JSON.parse(line) as number[];
  assert.equal(pids.length, 2);
  const busy = await gate.reached();
  assert.ok(pids.includes(busy));
  assert.deepEqual(pids.filter(isRunning), pids);
  host.kill("SIGKILL");
  await until(() => !pids.some(isRunning));
});
