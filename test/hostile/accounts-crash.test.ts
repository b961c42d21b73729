import assert from "node:assert/strict";
import { it } from "node:test";
import { runCrashes } from "../support/crash-run.ts";
import { execute } from "../support/database.ts";
import { findServerPrograms, startLoopbackServer } from "../support/loopback-server.ts";
import { startServiceCrew } from "../support/service-crew.ts";

const ADMIN_KEY = "admin-key-for-the-tests-only";
const KILLS = 2;
const STOPS = 1;

const [programs] = await findServerPrograms();
const skip = programs === undefined ? "no server programs here: 1 case skipped" : false;

it("what was acknowledged is stored once after kills and an immediate stop, with all that belongs to it", {
  skip,
}, async (t) => {
  const settings = { fsync: "on", synchronous_commit: "on", full_page_writes: "on" };
  const server = await startLoopbackServer(programs!, settings);
  t.after(() => server.remove());
  await execute({ connectionString: server.url() }, "create database lookalike");
  const crew = await startServiceCrew(2, {
    DATABASE_URL: server.url("lookalike"),
    ADMIN_KEY,
    FREE_CALLS_PER_DAY: "1000000",
    TRUST_PROXY: "1",
    LOG_LEVEL: "error",
  });
  t.after(() => crew.stop());
  const database = { url: server.url("lookalike"), crash: server.crash, start: server.start };
  const tell = (what: string) => t.diagnostic(what);
  const stage = { database, crew, adminKey: ADMIN_KEY, clients: 12, kills: KILLS, stops: STOPS, tell };
  const { counts, readyMs } = await runCrashes(stage);
  assert.equal(readyMs.length, KILLS);
  assert.ok((counts["checks"]?.acknowledged ?? 0) > 0, JSON.stringify(counts));
});
