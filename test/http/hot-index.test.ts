import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { untilReady } from "../support/hot-memory.ts";
import { detailedPicture, shrunkCopy } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService();
  await untilReady(service.context.hotMemory);
});
after(() => service.close());

/** The statements sent to the database while `work` runs, by name. */
async function statementsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = [];
  const restore = [service.context.db.pool, service.context.db.searchPool].map((pool) => {
    const { query } = pool;
    pool.query = ((...asked: [{ name?: string; text?: string }]) => {
      names.push(asked[0].name ?? asked[0].text ?? "");
      return query.apply(pool, asked as never);
    }) as never;
    return () => {
      pool.query = query;
    };
  });
  try {
    await work();
  } finally {
    for (const undo of restore) undo();
  }
  // Authentication asks only where it has not for half a second; the rows in memory follow the changes by themselves.
  return names.filter((name) => name !== "read_news" && !name.includes("api_key"));
}

describe("the rows in memory", () => {
  const query = "?classify=never";

  it("are loaded in the background and told of by /readyz and /metrics", async () => {
    const { body } = await ask(service, "GET", "/readyz");
    assert.equal(body.status, "ready");
    assert.equal(body.hot_index.state, "ready");
    assert.equal(body.hot_index.kernel, "wasm");
    assert.deepEqual(
      body.hot_index.tables.map(({ table, held }: { table: string; held: boolean }) => [table, held]),
      [
        ["entry_pdq", true],
        ["entry_blockhash", true],
        ["entry_neural", true],
        ["image_pdq", true],
        ["image_blockhash", true],
      ],
    );
    const metrics = await (await service.request("/metrics")).text();
    assert.match(metrics, /lookalike_hot_index_rows\{table="entry_pdq"\} \d/);
  });

  it("spare a repeat that matches nothing every statement but its look-up and its record", async () => {
    await ask(service, "POST", "/v1/lists", { body: { name: "others" } });
    await ask(service, "POST", "/v1/lists/others/entries", { body: await detailedPicture(801) });
    const picture = await detailedPicture(802);
    await check(service, picture, { query });
    const names = await statementsDuring(async () => {
      assert.equal((await check(service, picture, { query })).body.verdict, "allow");
    });
    assert.deepEqual(names, ["gate_key_sha256", "record_repeat"]);
  });

  it("name a banned copy to the statement that decides, by list, entry, distance and threshold", async () => {
    const picture = await detailedPicture(803);
    await ask(service, "POST", "/v1/lists", { body: { name: "banned" } });
    const { body: entry } = await ask(service, "POST", "/v1/lists/banned/entries", { body: picture });
    const copy = await shrunkCopy(picture);
    let body: { verdict?: string; matches?: { list: string; entry_id: string }[] } = {};
    const names = await statementsDuring(async () => {
      ({ body } = await check(service, copy, { query }));
    });
    assert.equal(body.verdict, "block");
    assert.equal(body.matches?.[0]?.entry_id, entry.id);
    assert.ok(!names.some((name) => /probe|scan/.test(name)), names.join());
  });

  it("follow a list's threshold, its disabling and its end at once", async () => {
    const picture = await detailedPicture(804);
    const copy = await shrunkCopy(picture, 0.15, 30);
    await ask(service, "POST", "/v1/lists", { body: { name: "changing" } });
    await ask(service, "POST", "/v1/lists/changing/entries", { body: picture });
    const verdict = async () => (await check(service, copy, { query })).body.verdict;
    const change = (body: object) => ask(service, "PATCH", "/v1/lists/changing", { body });
    assert.equal(await verdict(), "block");
    await change({ enabled: false });
    assert.equal(await verdict(), "allow");
    await change({ enabled: true });
    assert.equal(await verdict(), "block");
    const { body } = await check(service, copy, { query });
    const distances = body.matches.map(({ distance }: { distance: number }) => distance);
    assert.ok(
      distances.every((distance: number) => distance > 0),
      `${distances}: nothing lies between`,
    );
    await change({ pdq_threshold: 0, blockhash_threshold: 0, agreement_pdq_threshold: 0 });
    assert.equal(await verdict(), "allow");
    await change({ pdq_threshold: 64, blockhash_threshold: 64 });
    assert.equal(await verdict(), "block");
    await ask(service, "DELETE", "/v1/lists/changing");
    assert.equal(await verdict(), "allow");
  });
});

describe("without memory", () => {
  it("the database answers the same, and /readyz says that it is off", async () => {
    const other = await startService({
      databaseUrl: service.databaseUrl,
      workers: service.context.workers,
      config: { hotIndexMb: 0 },
    });
    try {
      const { body } = await ask(other, "GET", "/readyz");
      assert.deepEqual([body.status, body.hot_index.state], ["ready", "off"]);
      const picture = await detailedPicture(805);
      await ask(other, "POST", "/v1/lists", { body: { name: "cold" } });
      await ask(other, "POST", "/v1/lists/cold/entries", { body: picture });
      const copy = await shrunkCopy(picture);
      const answers = await Promise.all(
        [other, service].map((each) => check(each, copy, { query: "?classify=never" })),
      );
      const [cold, hot] = answers.map(({ body }) => body);
      assert.equal(cold.verdict, "block");
      assert.deepEqual(cold.matches, hot.matches);
    } finally {
      await other.close();
    }
  });
});
