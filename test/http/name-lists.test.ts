import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { countStaleEntries } from "../../src/db/stale-entries.ts";
import { detailedPicture, shrunkCopy } from "../support/pictures.ts";
import { type Answer, ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
let other: TestService;
before(async () => {
  service = await startService();
  other = await startService({ databaseUrl: service.databaseUrl, workers: service.context.workers });
});
after(async () => {
  await other.close();
  await service.close();
});

let made = 0;
/** A list of this test's own. */
async function newList(fields: object = { kind: "names" }): Promise<string> {
  const name = `names-${++made}`;
  assert.equal((await ask(service, "POST", "/v1/lists", { body: { name, ...fields } })).status, 201);
  return name;
}

async function add(list: string, body: unknown): Promise<Answer> {
  return await ask(service, "POST", `/v1/lists/${list}/entries`, { body });
}

/** What a service says of a name, held against one list. */
async function actionOf(name: string, list: string, asked = service): Promise<string> {
  const { status, body } = await ask(asked, "POST", "/v1/profiles/check", { body: { name, lists: list } });
  assert.equal(status, 200, JSON.stringify(body));
  return body.action;
}

/** How many rows of entries a service's statements bring while something is done. */
async function countPatternsRead(asked: TestService, work: () => Promise<unknown>): Promise<number> {
  const { pool } = asked.context.db;
  const query = pool.query.bind(pool) as (...sent: unknown[]) => Promise<{ rowCount: number | null }>;
  let read = 0;
  pool.query = (async (...sent: unknown[]) => {
    const answer = await query(...sent);
    const [statement] = sent as [{ text?: string } | string];
    const text = typeof statement === "string" ? statement : (statement.text ?? "");
    if (/\bfrom entry\b/.test(text)) read += answer.rowCount ?? 0;
    return answer;
  }) as typeof pool.query;
  try {
    await work();
  } finally {
    pool.query = query as typeof pool.query;
  }
  return read;
}

describe("a list of names", () => {
  it("holds patterns, each once however it is spelled, and tells them in the order they were added", async () => {
    const list = await newList();
    const first = await add(list, {
      pattern: "PayPal",
      custom_id: "case-1",
      note: "seen often",
      metadata: { by: "me" },
    });
    assert.equal(first.status, 201);
    assert.equal(first.headers.get("location"), `/v1/lists/${list}/entries/${first.body.id}`);
    const { pattern, syntax, source, custom_id, note, metadata, enabled, hashes } = first.body;
    assert.deepEqual([pattern, syntax, source, custom_id], ["PayPal", "substring", "pattern", "case-1"]);
    assert.deepEqual([note, metadata, enabled], ["seen often", { by: "me" }, true]);
    assert.ok(Object.values(hashes).every((hash) => hash === null));
    for (const again of ["paypal", "раураl", "ＰａｙＰａｌ"]) {
      const { status, body } = await add(list, { pattern: again });
      assert.deepEqual([status, body.id, body.pattern], [200, first.body.id, "PayPal"]);
    }
    const others = [
      await add(list, { pattern: "PayPal", syntax: "wildcard" }),
      await add(list, { pattern: "^bot_\\d+$", syntax: "regex", expires_at: "2040-01-01T00:00:00Z" }),
    ];
    assert.deepEqual(
      others.map(({ status, body }) => [status, body.syntax]),
      [
        [201, "wildcard"],
        [201, "regex"],
      ],
    );
    const page = await ask(service, "GET", `/v1/lists/${list}/entries?limit=2`);
    const rest = await ask(service, "GET", `/v1/lists/${list}/entries?after=${page.body.next}`);
    assert.deepEqual(
      [...page.body.entries, ...rest.body.entries].map((entry: { id: string }) => entry.id),
      [first, ...others].map(({ body }) => body.id),
    );
    const found = await ask(service, "GET", `/v1/lists/${list}/entries?custom_id=case-1`);
    assert.deepEqual(found.body.entries, [first.body]);
    const audit = await ask(service, "GET", `/v1/audit?subject=${first.body.id}`);
    const [event] = audit.body.events;
    assert.equal(event.action, "entry.create");
    assert.deepEqual([event.details.pattern, event.details.syntax, event.details.list], ["PayPal", "substring", list]);
  });

  it("refuses patterns that can't be used, and says what is wrong with them", async () => {
    const list = await newList();
    const cases: readonly (readonly [object, RegExp])[] = [
      [{ pattern: "" }, /1 to 500 characters/],
      [{ pattern: "a".repeat(501) }, /1 to 500 characters for pattern but received 501/],
      [{ pattern: "a".repeat(900_000), syntax: "regex" }, /1 to 500 characters/],
      [{ pattern: "\u200b\u00ad" }, /can be seen/],
      [{ pattern: "a\u0000b" }, /NUL/],
      [{ pattern: "a\ud800" }, /lone surrogates/],
      [{ pattern: "*", syntax: "wildcard" }, /some names don't match/],
      [{ pattern: "a\\", syntax: "wildcard" }, /position 1/],
      [{ pattern: "a(b", syntax: "regex" }, /missing closing \) at position 1/],
      [{ pattern: "(a{1000}){1000}", syntax: "regex" }, /at most 500 instructions/],
      [{ pattern: "(?=a)", syntax: "regex" }, /Perl syntax at position 0/],
      [{ pattern: ".*", syntax: "regex" }, /empty name/],
    ];
    for (const [body, detail] of cases) {
      const refused = await add(list, body);
      const what = `${JSON.stringify(body).slice(0, 80)}: ${JSON.stringify(refused.body)}`;
      assert.deepEqual(
        [refused.status, refused.body.code, refused.body.field],
        [400, "pattern_invalid", "pattern"],
        what,
      );
      assert.match(refused.body.detail, detail, what);
    }
    for (const body of [{ pattern: 7 }, { pattern: "a", syntax: "glob" }, { pattern: "a", surprise: 1 }]) {
      assert.equal((await add(list, body)).body.code, "parameter_invalid");
    }
    assert.deepEqual((await ask(service, "GET", `/v1/lists/${list}/entries`)).body.entries, []);
  });

  it("takes no pictures, other lists take no patterns, and none becomes of the other kind", async () => {
    const names = await newList();
    const pictures = await newList({});
    const picture = await detailedPicture(8101);
    const form = new FormData();
    form.set("image", new Blob([Uint8Array.from(picture)]), "a.png");
    const sent = [picture, form, { url: "http://127.0.0.1:9/a.png" }, { hashes: { sha1: "0".repeat(40) } }];
    for (const body of sent) {
      const refused = await add(names, body);
      assert.deepEqual([refused.status, refused.body.code], [422, "list_kind_mismatch"]);
    }
    const pattern = await add(pictures, { pattern: "a" });
    assert.deepEqual([pattern.status, pattern.body.code, pattern.body.field], [422, "list_kind_mismatch", "pattern"]);
    assert.equal((await add(names, { pattern: "a", url: "http://127.0.0.1:9/" })).body.code, "image_missing");
    assert.equal((await add(pictures, { url: "http://127.0.0.1:9/", syntax: "regex" })).body.field, "syntax");
    for (const [list, kind] of [
      [names, "disallow"],
      [names, "allow"],
      [pictures, "names"],
    ] as const) {
      const changed = await ask(service, "PATCH", `/v1/lists/${list}`, { body: { kind, description: "changed" } });
      assert.deepEqual([changed.status, changed.body.code, changed.body.field], [422, "list_kind_mismatch", "kind"]);
      assert.equal((await ask(service, "GET", `/v1/lists/${list}`)).body.description, "");
    }
    for (const [list, kind] of [
      [names, "names"],
      [pictures, "allow"],
      [pictures, "disallow"],
    ] as const) {
      const changed = await ask(service, "PATCH", `/v1/lists/${list}`, { body: { kind } });
      assert.deepEqual([changed.status, changed.body.kind], [200, kind]);
    }
    const gone = await ask(service, "PATCH", "/v1/lists/nowhere", { body: { kind: "names" } });
    assert.equal(gone.body.code, "list_not_found");
  });

  it("can't be searched for pictures or their hashes", async () => {
    const list = await newList();
    const sha1 = "0".repeat(40);
    const asked = [
      await check(service, await detailedPicture(8102), { query: `?lists=${list}` }),
      await ask(service, "GET", `/v1/hashes/sha1/${sha1}?lists=${list}`),
      await ask(service, "POST", "/v1/hashes/check", {
        body: { hashes: [{ kind: "sha1", value: sha1 }], lists: list },
      }),
    ];
    for (const { status, body } of asked) {
      assert.deepEqual([status, body.code, body.field], [422, "list_kind_mismatch", "lists"]);
      assert.ok(body.detail.includes(list));
    }
  });

  it("changes nothing for pictures: not what is searched, how far, or what is stale", async () => {
    const alone = await startService({ workers: service.context.workers });
    try {
      const gate = () => alone.context.gates.lookUp("sha1", ["0".repeat(40)], { keyId: "key_admin" });
      const before = await gate();
      const wide = { pdq_threshold: 256, blockhash_threshold: 256, neural_threshold: 256, match: "robust" };
      await ask(alone, "POST", "/v1/lists", { body: { name: "wide", kind: "names", ...wide } });
      await ask(alone, "POST", "/v1/lists/wide/entries", { body: { pattern: "bot" } });
      const after = await gate();
      assert.deepEqual([after.anyEntries, after.widest], [false, before.widest]);
      const { rows } = await alone.context.db.pool.query(
        "select (select count(*) from entry_pdq) + (select count(*) from entry_blockhash) + (select count(*) from entry_neural) as bits",
      );
      assert.equal(Number(rows[0].bits), 0);
      const versions = { current: 1000, comparable: [1000], neuralVersion: "another" };
      assert.deepEqual(await countStaleEntries(alone.context.db, versions), { entries: 0, incomparable: 0 });
      const picture = await detailedPicture(8103);
      assert.equal((await check(alone, picture)).body.verdict, "allow");
      await ask(alone, "POST", "/v1/lists", { body: { name: "pictures" } });
      await ask(alone, "POST", "/v1/lists/pictures/entries", { body: picture });
      const banned = await check(alone, await shrunkCopy(picture));
      assert.deepEqual([banned.body.verdict, banned.body.matches.length], ["block", 1]);
      assert.equal((await gate()).anyEntries, true);
      assert.equal((await countStaleEntries(alone.context.db, versions)).entries, 1);
    } finally {
      await alone.close();
    }
  });
});

describe("a pattern", () => {
  it("holds, or no longer, from the very next request on, in another process too", async () => {
    const list = await newList();
    for (let round = 0; round < 5; round++) {
      const name = `bot${round}`;
      const [writer, reader] = round % 2 === 0 ? [service, other] : [other, service];
      const both = async () => [await actionOf(name, list, reader), await actionOf(name, list, writer)];
      assert.deepEqual(await both(), ["keep", "keep"]);
      const { body: entry } = await ask(writer, "POST", `/v1/lists/${list}/entries`, { body: { pattern: name } });
      assert.deepEqual(await both(), ["remove", "remove"]);
      const path = `/v1/lists/${list}/entries/${entry.id}`;
      assert.equal((await ask(writer, "DELETE", path)).status, 204);
      assert.deepEqual(await both(), ["keep", "keep"]);
      await ask(writer, "PATCH", path, { body: { enabled: true } });
      assert.deepEqual(await both(), ["remove", "remove"]);
      await ask(writer, "PATCH", path, { body: { expires_at: "2001-01-01T00:00:00Z" } });
      assert.deepEqual(await both(), ["keep", "keep"]);
      const restored = await ask(writer, "POST", `/v1/lists/${list}/entries`, { body: { pattern: name } });
      assert.deepEqual([restored.status, restored.body.id, restored.body.expires_at], [200, entry.id, null]);
      assert.deepEqual(await both(), ["remove", "remove"]);
    }
    await ask(service, "PATCH", `/v1/lists/${list}`, { body: { action: "review" } });
    assert.equal(await actionOf("bot1", list, other), "review");
    await ask(service, "PATCH", `/v1/lists/${list}`, { body: { enabled: false } });
    assert.equal(await actionOf("bot1", list, other), "keep");
  });

  it("expires by itself", async () => {
    const list = await newList();
    await add(list, { pattern: "soon" });
    assert.equal(await actionOf("soon", list), "remove");
    const { pool } = service.context.db;
    await pool.query("update entry set expires_at = clock_timestamp() + interval '1 second' where pattern = 'soon'");
    // Nothing is written when it does: the patterns that are remembered must end with it all the same.
    for (let asked = 1; (await actionOf("soon", list)) !== "keep"; asked++) assert.ok(asked < 10_000, `${asked} times`);
    const { rows } = await pool.query<{ over: boolean }>(
      "select expires_at <= clock_timestamp() as over from entry where pattern = 'soon'",
    );
    assert.equal(rows[0]?.over, true);
  });

  it("is read from the database once, until one of its list changes", async () => {
    const list = await newList();
    for (const pattern of ["read-one", "read-two", "read-three"]) await add(list, { pattern });
    const read = await countPatternsRead(other, async () => {
      for (const name of ["read-one", "none", "read-two"]) await actionOf(name, list, other);
    });
    assert.equal(read, 3);
    assert.equal(await countPatternsRead(other, () => actionOf("read-three", list, other)), 0);
    await add(list, { pattern: "read-four" });
    assert.equal(await countPatternsRead(other, () => actionOf("read-four", list, other)), 4);
    assert.equal(await countPatternsRead(other, () => actionOf("read-four", list, other)), 0);
  });

  it("is as it was committed, whichever of two changes began first", async () => {
    const list = await newList();
    for (const pattern of ["first", "second", "third"]) await add(list, { pattern });
    const { pool } = service.context.db;
    const set = (pattern: string, enabled: boolean) => `update entry set enabled = ${enabled}, updated_at = now()
      where pattern = '${pattern}' and list_id = (select id from list where name = '${list}')`;
    const actions = async () => [
      await actionOf("first", list),
      await actionOf("second", list),
      await actionOf("third", list),
    ];
    await pool.query(set("third", false));
    // Begins first and commits last, and leaves as many: neither their number nor the time of the last change tells of it.
    const slow = await pool.connect();
    try {
      await slow.query("begin");
      await slow.query(set("second", false));
      await slow.query(set("third", true));
      await pool.query(set("first", true));
      assert.deepEqual(await actions(), ["remove", "remove", "keep"]);
      await slow.query("commit");
    } finally {
      slow.release();
    }
    assert.deepEqual(await actions(), ["remove", "keep", "remove"]);
  });

  it("ends with its list", async () => {
    const list = await newList();
    await add(list, { pattern: "gone-with-the-list" });
    const all = async () => {
      const { body } = await ask(other, "POST", "/v1/profiles/check", { body: { name: "gone-with-the-list" } });
      return body.action;
    };
    assert.equal(await all(), "remove");
    assert.equal((await ask(service, "DELETE", `/v1/lists/${list}`)).status, 204);
    assert.equal(await all(), "keep");
    const named = await ask(service, "POST", "/v1/profiles/check", { body: { name: "x", lists: list } });
    assert.deepEqual([named.status, named.body.code], [404, "list_not_found"]);
  });
});
