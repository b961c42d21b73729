import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import test from "node:test";
import { startEmbeddedPostgres } from "../../src/db/embedded/start-embedded-postgres.ts";
import { makeDataFolder } from "../support/data-folder.ts";
import { execute, quietLogger } from "../support/database.ts";
import { spawnEngineOwner } from "../support/spawn-engine-owner.ts";

test("a second service on a data folder is refused, names the first, and does it no harm", async (t) => {
  const dataDir = await makeDataFolder(t);
  const first = await spawnEngineOwner(dataDir);
  t.after(() => first.end("SIGTERM"));
  await assert.rejects(startEmbeddedPostgres({ dataDir, logger: quietLogger }), {
    code: "database_unavailable",
    message: new RegExp(`${dataDir} is in use by lookalike process ${first.child.pid} on `),
  });
  await execute(first.connection, "create table unharmed ()");
});

test("of six services started at once on an empty data folder one serves and five name it", async (t) => {
  const dataDir = await makeDataFolder(t);
  const starts = await Promise.allSettled(Array.from({ length: 6 }, () => spawnEngineOwner(dataDir)));
  const serving = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  t.after(() => Promise.all(serving.map((owner) => owner.end("SIGTERM"))));
  const refusals = starts.flatMap((start) => (start.status === "rejected" ? [String(start.reason)] : []));
  const [winner] = serving;
  assert.equal(serving.length, 1, refusals.join("\n"));
  assert.ok(winner !== undefined);
  for (const refusal of refusals) assert.match(refusal, /is in use by lookalike process \d+ on /);
  await execute(winner.connection, "create table works ()");
});

test("the data folder is free again once its service has ended", async (t) => {
  const dataDir = await makeDataFolder(t);
  const first = await spawnEngineOwner(dataDir);
  await first.end("SIGTERM");
  const second = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  await second.stop();
});

test("a service keeps its data folder when the session that holds it is ended", async (t) => {
  const dataDir = await makeDataFolder(t);
  const events = new EventEmitter();
  const logger = { ...quietLogger, warn: () => void events.emit("warning") };
  const engine = await startEmbeddedPostgres({ dataDir, logger });
  t.after(() => engine.stop());
  // The engine by itself keeps no process alive.
  const staying = setInterval(() => undefined, 60_000);
  t.after(() => clearInterval(staying));
  const back = once(events, "warning");
  await execute(
    engine.connection,
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'lookalike process %'",
  );
  await back;
  await assert.rejects(startEmbeddedPostgres({ dataDir, logger: quietLogger }), /is in use by lookalike process/);
});
