import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

const audits = async (subject: string) =>
  (await service.context.db.pool.query("select from audit where subject = $1", [subject])).rowCount;

describe("changes", () => {
  it("of nothing are a read: of a key, a list and an entry", async () => {
    const { id } = await service.createKey({ name: "same" });
    const { body: list } = await ask(service, "POST", "/v1/lists", { body: { name: "same" } });
    const { body: entry } = await ask(service, "POST", "/v1/lists/same/entries", {
      body: { hashes: { sha1: "3".repeat(40) } },
    });
    for (const [path, subject, before] of [
      [`/v1/keys/${id}`, id, (await ask(service, "GET", `/v1/keys/${id}`)).body],
      ["/v1/lists/same", "same", list],
      [`/v1/lists/same/entries/${entry.id}`, entry.id, entry],
    ]) {
      const audited = await audits(subject);
      const { status, body } = await ask(service, "PATCH", path, { body: {} });
      assert.deepEqual([status, body], [200, before], path);
      assert.equal(await audits(subject), audited);
    }
    assert.equal((await ask(service, "PATCH", "/v1/keys/key_none", { body: {} })).status, 404);
  });

  it("of a key's quota and a refill in one add up", async () => {
    const { id } = await service.createKey({ name: "both", quota: { limit: 3, period: "day" } });
    const quota = { limit: 10, period: "none" };
    const { status, body } = await ask(service, "PATCH", `/v1/keys/${id}`, { body: { quota, refill: 5 } });
    assert.deepEqual([status, body.quota], [200, { limit: 15, period: "none", used: 0 }]);
    const noStock = { quota: { limit: null, period: "none" }, refill: 5 };
    const refused = await ask(service, "PATCH", `/v1/keys/${id}`, { body: noStock });
    assert.deepEqual([refused.status, refused.body.field], [400, "refill"]);
  });

  it("of a key's period in the same moment keep a refill from raising a daily limit", async () => {
    const { id } = await service.createKey({ name: "race", quota: { limit: 3, period: "none" } });
    const { pool } = service.context.db;
    const other = await pool.connect();
    try {
      await other.query("begin");
      await other.query("update api_key set quota_period = 'day' where id = $1", [id]);
      const refill = ask(service, "PATCH", `/v1/keys/${id}`, { body: { refill: 5 } });
      const waiting = "select from pg_locks where not granted and pid <> pg_backend_pid()";
      while ((await pool.query(waiting)).rowCount === 0);
      await other.query("commit");
      const { status, body } = await refill;
      assert.deepEqual([status, body.field], [400, "refill"]);
    } finally {
      other.release();
    }
    assert.equal((await ask(service, "GET", `/v1/keys/${id}`)).body.quota.limit, 3);
  });

  it("of the day leave nothing used, in what is shown too", async () => {
    const { id } = await service.createKey({ name: "yesterday", quota: { limit: 3, period: "day" } });
    const { pool } = service.context.db;
    await pool.query("update api_key set used = 2 where id = $1", [id]);
    const shown = async () => (await ask(service, "GET", `/v1/keys/${id}`)).body.quota.used;
    assert.equal(await shown(), 2);
    await pool.query("update api_key set period_started_at = now() - interval '2 days' where id = $1", [id]);
    assert.equal(await shown(), 0);
    const { body: renamed } = await ask(service, "PATCH", `/v1/keys/${id}`, { body: { name: "today" } });
    assert.equal(renamed.quota.used, 0);
    const { body: page } = await ask(service, "GET", "/v1/keys?limit=1000");
    assert.equal(page.keys.find((key: { id: string }) => key.id === id).quota.used, 0);
  });
});
