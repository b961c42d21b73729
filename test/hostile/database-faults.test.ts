import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { askAsUsual, askWithFault } from "../support/fault-case.ts";
import { FAULTS } from "../support/faulty-postgres.ts";
import { FAULTY_REQUESTS } from "../support/faulty-requests.ts";
import { type FaultyService, startFaultyService } from "../support/faulty-service.ts";
import { ask } from "../support/requests.ts";

/** The whole sweep is bench/faults/database-faults.ts; here each request and each fault are met, by turns. */
const SERVICES = 4;

let crew: FaultyService[] = [];
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
before(async () => {
  process.on("unhandledRejection", note);
  const first = await startFaultyService();
  crew = [first];
  while (crew.length < SERVICES) crew.push(await startFaultyService(first.service.context.workers));
});
after(async () => {
  for (const each of crew.reverse()) await each.close();
  process.off("unhandledRejection", note);
});

describe("a statement that fails", () => {
  it("is one of every operation that asks the database", async () => {
    const { body } = await ask((crew[0] as FaultyService).service, "GET", "/openapi.json");
    const offered = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    // The one asks nothing; the other is asked in database-faults-readiness.test.ts.
    const without = ["GET /healthz", "GET /readyz"];
    const asked = new Set(FAULTY_REQUESTS.map(({ operation }) => operation));
    assert.deepEqual(
      offered.filter((operation) => !asked.has(operation)),
      without,
    );
  });

  it("is answered by 503 within 3 s or not noticed at all, whatever the request and the fault, and leaves nothing behind", async () => {
    const waiting = FAULTY_REQUESTS.map((request, place) => ({ request, place }));
    const met = new Set<string>();
    async function work(on: FaultyService): Promise<void> {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { request, place } = next;
        await askAsUsual(on, request);
        const usual = await askAsUsual(on, request);
        for (const turn of [0, 1]) {
          const fault = FAULTS[(place + turn * 7) % FAULTS.length] ?? "reset";
          const nth = 1 + ((place + turn) % Math.max(1, usual.statements));
          const { outcome } = await askWithFault(on, request, usual, fault, nth).catch((error: Error) => {
            throw new Error(`${request.name}, ${fault} at statement ${nth} of ${usual.statements}: ${error.message}`, {
              cause: error,
            });
          });
          if (outcome !== "unreached") met.add(fault);
        }
      }
    }
    const ended = await Promise.allSettled(crew.map(work));
    for (const each of ended) if (each.status === "rejected") throw each.reason;
    assert.deepEqual([...met].sort(), [...FAULTS].sort());
    assert.deepEqual(unhandled, []);
  });
});
