import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { assertCleanError } from "../support/clean-error.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService();
  for (let i = 0; i < 7; i++) {
    await ask(service, "POST", "/v1/lists", {
      body: { name: `list-${i}` },
      headers: { "x-request-id": `create-${i}` },
    });
  }
  await ask(service, "PATCH", "/v1/lists/list-3", { body: { description: 'Ümläute, \u0007, "quotes" and \u{1F600}' } });
  await ask(service, "DELETE", "/v1/lists/list-3");
});
after(() => service.close());

describe("GET /v1/audit", () => {
  it("gives the newest rows first, and pages to the oldest without a gap", async () => {
    const seqs: number[] = [];
    let query = "";
    for (;;) {
      const { status, body } = await ask(service, "GET", `/v1/audit?limit=4${query}`);
      assert.equal(status, 200);
      seqs.push(...body.events.map(({ seq }: { seq: number }) => seq));
      if (body.next === null) break;
      query = `&after=${body.next}`;
    }
    assert.deepEqual(
      seqs,
      Array.from({ length: seqs.length }, (_, i) => seqs.length - i),
    );
    const { body } = await ask(service, "GET", "/v1/audit?order=oldest&limit=1000");
    assert.deepEqual(body.events.map(({ seq }: { seq: number }) => seq).reverse(), seqs);
    const rest = await ask(service, "GET", "/v1/audit?order=oldest&after=5");
    assert.equal(rest.body.events[0].seq, 6);
  });

  it("tells who changed what by which request", async () => {
    const { body } = await ask(service, "GET", "/v1/audit?subject=list-3&order=oldest");
    const [created, changed, deleted] = body.events;
    assert.deepEqual(
      [created.actor, created.action, created.subject, created.request_id],
      ["key_admin", "list.create", "list-3", "create-3"],
    );
    assert.equal(created.details.kind, "disallow");
    assert.deepEqual(
      [changed.action, changed.details],
      ["list.update", { description: 'Ümläute, \u0007, "quotes" and \u{1F600}' }],
    );
    assert.match(changed.request_id, /^req_[0-9a-f]{32}$/);
    assert.equal(deleted.action, "list.delete");
    assert.match(created.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it("lets anybody check the chain with nothing but SHA-256", async () => {
    const { body } = await ask(service, "GET", "/v1/audit?order=oldest&limit=1000");
    let last = "0".repeat(64);
    for (const event of body.events) {
      assert.equal(createHash("sha256").update(event.text).digest("hex"), event.hash);
      const [prevHash, seq, micros, actor, action, subject, details, requestId] = JSON.parse(event.text);
      assert.deepEqual([prevHash, event.prev_hash], [last, last]);
      assert.deepEqual(
        [seq, actor, action, subject, JSON.parse(details), requestId],
        [String(event.seq), event.actor, event.action, event.subject, event.details, event.request_id],
      );
      assert.equal(new Date(Number(micros) / 1000).toISOString().slice(0, 23), event.at.slice(0, 23));
      last = event.hash;
    }
    assert.deepEqual(body.head, { seq: body.events.at(-1).seq, hash: last });
  });

  it("filters by actor, action, subject and time", async () => {
    const all = (await ask(service, "GET", "/v1/audit?order=oldest")).body.events;
    const third = all[2].at;
    const counted = async (query: string) => (await ask(service, "GET", `/v1/audit?${query}`)).body.events.length;
    assert.equal(
      await counted("actor=system"),
      all.filter((event: { actor: string }) => event.actor === "system").length,
    );
    assert.equal(await counted("action=list.create"), 7);
    assert.equal(await counted("action=list.create&subject=list-3"), 1);
    assert.equal(await counted("subject=nothing"), 0);
    const [before, since] = [await counted(`until=${third}`), await counted(`since=${third}`)];
    assert.equal(before + since, all.length);
    assert.equal(await counted("since=2100-01-01T00:00:00Z"), 0);
  });

  it("answers the admin scope alone, and refuses what it can't read", async () => {
    const { key } = await service.createKey({ name: "lists", scopes: ["lists", "check"] });
    for (const [query, presented, status] of [
      ["", null, 401],
      ["", key, 403],
      ["?limit=1001", undefined, 400],
      ["?limit=0", undefined, 400],
      ["?after=x", undefined, 400],
      ["?after=1000000000000000000", undefined, 400],
      ["?order=random", undefined, 400],
      ["?since=yesterday", undefined, 400],
      ["?since=0000-01-01T00:00:00Z", undefined, 400],
      ["?actor=%00", undefined, 400],
    ] as const) {
      const headers = new Headers();
      if (presented !== undefined) headers.set("authorization", presented === null ? "" : `Bearer ${presented}`);
      const response = await service.request(`/v1/audit${query}`, { headers });
      assert.equal(response.status, status, query);
      assertCleanError(response, await response.text());
    }
  });
});
