import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { assertCleanError } from "../support/clean-error.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  FAULTS,
  type Fault,
  type FaultyPostgres,
  isOutcomeLost,
  startFaultyPostgres,
} from "../support/faulty-postgres.ts";
import { findServerPrograms, startLoopbackServer } from "../support/loopback-server.ts";
import { type ServiceProcess, startServiceProcess } from "../support/service-process.ts";

const ADMIN_KEY = "admin-key-for-the-database-faults";
const AWAY_WITHIN_MS = 2_000;
const BACK_WITHIN_MS = 5_000;
const ANSWERED_WITHIN_MS = 3_000;
/** For a test's machine that is busy with other things. */
const SLACK_MS = 1_000;

async function readiness(service: ServiceProcess): Promise<{ status: number; database: string }> {
  const response = await fetch(`${service.url}/readyz`, { signal: AbortSignal.timeout(10_000) });
  const { database } = (await response.json()) as { database: string };
  return { status: response.status, database };
}

/** Ms until /readyz answers with that status. */
async function untilReadiness(service: ServiceProcess, status: number, withinMs: number): Promise<number> {
  const start = performance.now();
  for (;;) {
    const told = await readiness(service);
    const tookMs = performance.now() - start;
    assert.ok(tookMs < withinMs + SLACK_MS, `/readyz is ${JSON.stringify(told)} after ${Math.round(tookMs)} ms`);
    if (told.status === status) return tookMs;
    await delay(20);
  }
}

async function expectRefusal(service: ServiceProcess): Promise<void> {
  const start = performance.now();
  const headers = { authorization: `Bearer ${ADMIN_KEY}` };
  const response = await fetch(`${service.url}/v1/quota`, { headers, signal: AbortSignal.timeout(10_000) });
  const body = await response.text();
  assert.equal(response.status, 503, body);
  assertCleanError(response, body);
  assert.ok(performance.now() - start < ANSWERED_WITHIN_MS + SLACK_MS);
}

async function expectAnswer(service: ServiceProcess): Promise<void> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` };
  const response = await fetch(`${service.url}/v1/quota`, { headers });
  assert.equal(response.status, 200, await response.text());
}

describe("a service whose database is lost", () => {
  let database: TestDatabase;
  let proxy: FaultyPostgres;
  let service: ServiceProcess;
  before(async () => {
    database = await createTestDatabase({ poolSize: 1 });
    proxy = await startFaultyPostgres(database.url);
    service = await startServiceProcess({ DATABASE_URL: proxy.url, ADMIN_KEY, DATABASE_POOL_SIZE: "4" });
  });
  after(async () => {
    service.child.kill("SIGTERM");
    const code = await service.exited;
    await proxy.close();
    await database.drop();
    assert.equal(code, 0, service.log());
  });

  // A server that loses answers is one that hangs or is reset.
  for (const fault of FAULTS.filter((each: Fault) => !isOutcomeLost(each))) {
    it(`says so at /readyz within 2 s, refuses meanwhile and is back within 5 s: ${fault}`, async () => {
      await untilReadiness(service, 200, BACK_WITHIN_MS);
      proxy.breakDown(fault);
      await untilReadiness(service, 503, AWAY_WITHIN_MS);
      await Promise.all(Array.from({ length: 8 }, () => expectRefusal(service)));
      // While requests held every connection, one that came back counted; now none is held.
      await untilReadiness(service, 503, AWAY_WITHIN_MS);
      assert.equal((await readiness(service)).database, "not_ready");
      proxy.heal();
      await untilReadiness(service, 200, BACK_WITHIN_MS);
      await expectAnswer(service);
      assert.equal(service.child.exitCode, null);
    });
  }
});

const [programs] = await findServerPrograms();
const skip = programs === undefined ? "no server programs here: 1 case skipped" : false;

it("a PostgreSQL that is stopped and started again is away within 2 s and back within 5 s", { skip }, async (t) => {
  if (programs === undefined) return;
  const server = await startLoopbackServer(programs);
  t.after(() => server.remove());
  const service = await startServiceProcess({ DATABASE_URL: server.url(), ADMIN_KEY });
  t.after(async () => {
    service.child.kill("SIGTERM");
    await service.exited;
  });
  await untilReadiness(service, 200, BACK_WITHIN_MS);
  await server.stop();
  await untilReadiness(service, 503, AWAY_WITHIN_MS);
  await expectRefusal(service);
  await server.start();
  await untilReadiness(service, 200, BACK_WITHIN_MS);
  await expectAnswer(service);
});

it("a service that is started while its database is away says so in one line, ends with 1, and starts once it is back", async (t) => {
  const expected = {
    refused: "ECONNREFUSED",
    hang: "timeout expired",
    wrong_password: "password authentication failed",
    exhausted: "sorry, too many clients",
    read_only: "read-only",
  } as const;
  const database = await createTestDatabase({ poolSize: 1 });
  t.after(() => database.drop());
  const proxy = await startFaultyPostgres(database.url, { counts: () => true });
  t.after(() => proxy.close());
  const settings = { DATABASE_URL: proxy.url, ADMIN_KEY, LOG_LEVEL: "fatal" };
  for (const [fault, reason] of Object.entries(expected)) {
    proxy.heal();
    proxy.breakDown(fault as Fault);
    await assert.rejects(startServiceProcess(settings), (error: Error) => {
      const log = /^The service ended with 1: (.*)\n$/s.exec(error.message)?.[1] ?? error.message;
      assert.equal(log.split("\n").length, 1, log);
      assert.match(log, /^Lookalike can't start: Expected a database that can be migrated but received: /);
      assert.ok(log.includes(reason), log);
      return true;
    });
  }
  proxy.heal();
  const service = await startServiceProcess(settings);
  await expectAnswer(service);
  service.child.kill("SIGTERM");
  assert.equal(await service.exited, 0);
});
