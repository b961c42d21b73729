import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { request } from "node:http";
import { after, before, describe, it } from "node:test";
import { startService, type TestService } from "../support/service.ts";

describe("a batch look-up whose caller leaves", () => {
  let service: TestService;
  before(async () => {
    service = await startService({ config: { hotIndexMb: 0 } });
  });
  after(() => service.close());

  it("stops asking the database, instead of looking the other hashes up for nobody", async () => {
    const { searchPool } = service.context.db;
    const ask = searchPool.query.bind(searchPool);
    const gate = new EventEmitter();
    const released = once(gate, "release");
    const begun = once(gate, "begin");
    let searches = 0;
    Object.assign(searchPool, {
      async query(...args: Parameters<typeof ask>) {
        searches += 1;
        gate.emit("begin");
        await released;
        return await ask(...args);
      },
    });
    const hashes = Array.from({ length: 400 }, () => ({ kind: "pdq", value: randomBytes(32).toString("hex") }));
    const sent = request(`${service.url}/v1/hashes/check`, {
      method: "POST",
      headers: { authorization: `Bearer ${service.adminKey}`, "content-type": "application/json" },
    });
    sent.on("error", () => {});
    sent.end(JSON.stringify({ hashes }));
    await begun;
    sent.destroy();
    await new Promise((resolve) => sent.once("close", resolve));
    // A later request is answered once the server has heard that the first one's connection is gone.
    await service.request("/healthz");
    gate.emit("release");
    let metrics = "";
    while (!metrics.includes('route="/v1/hashes/check"')) metrics = await (await service.request("/metrics")).text();
    assert.match(metrics, /route="\/v1\/hashes\/check",status="499"/);
    assert.ok(searches < 400, `${searches} searches for a caller who had left during the first of 400 hashes`);
  });
});
