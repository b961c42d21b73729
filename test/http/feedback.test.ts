import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import sharp from "sharp";
import type { Config } from "../../src/config.ts";
import { FINGERPRINT_VERSION } from "../../src/fingerprint/version.ts";
import { giveFeedback } from "../../src/services/give-feedback.ts";
import { countAudit } from "../support/audit.ts";
import { detailedPicture, flatPicture, shrunkCopy } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
/** The same database and workers, where the operator has pictures kept. */
let keeping: TestService;
/** A key that may check, with no units at all. */
let poor: { id: string; key: string };
before(async () => {
  service = await startService();
  const { databaseUrl, context } = service;
  keeping = await startService({ databaseUrl, workers: context.workers, config: { keepFeedbackImages: true } });
  poor = await service.createKey({ name: "poor", quota: { limit: 0, period: "none" } });
});
after(async () => {
  await keeping?.close();
  await service?.close();
});

const pool = () => service.context.db.pool;
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** Holds a lock of the database's, by its name, from a connection of its own. */
async function createLock(name: string) {
  const client = new pg.Client({ connectionString: service.databaseUrl });
  await client.connect();
  await client.query("select pg_advisory_lock(hashtextextended($1, 0))", [name]);
  let ending: Promise<void> | undefined;
  return {
    /** How many wait for any such lock in this database. */
    async waiting(): Promise<number> {
      const { rows } = await client.query<{ waiting: number }>(
        `select count(*)::int as waiting from pg_locks where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`,
      );
      return rows[0]?.waiting ?? 0;
    },
    end: () => (ending ??= client.end()),
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

interface Said {
  readonly key?: string;
  readonly on?: TestService;
  readonly model?: string;
}

/** Gives feedback on bytes sent raw. */
async function say(picture: Buffer, as: string, { key, on = service, model = "nsfw-mobilenet-v2" }: Said = {}) {
  const query = new URLSearchParams({ model, class: as });
  return await ask(on, "POST", `/v1/feedback?${query}`, { body: picture, ...(key !== undefined && { key }) });
}

/** Model and class of the feedback that an answer carries. */
function carried(answer: { body: { feedback: { model: string; class: string }[] } }): string[][] {
  return answer.body.feedback.map((each) => [each.model, each.class]);
}

describe("feedback", () => {
  it("keeps the fingerprint, the caller's words and what the service said of the picture, and costs nothing", async () => {
    const picture = await detailedPicture(2001);
    const checked = await check(service, picture);
    const said = await say(picture, "safe", { key: poor.key });
    assert.equal(said.status, 200);
    const { fingerprint, verdict, classification } = checked.body;
    const { id, created_at, updated_at, ...rest } = said.body;
    assert.match(id, /^fbk_/);
    assert.equal(created_at, updated_at);
    assert.deepEqual(rest, {
      key_id: poor.id,
      surface: "native",
      model: service.context.workers.model.id,
      class: "safe",
      fingerprint: {
        sha256: fingerprint.sha256,
        sha1: fingerprint.sha1,
        md5: fingerprint.md5,
        pdq: fingerprint.pdq,
        pdq_quality: fingerprint.pdq_quality,
        blockhash: fingerprint.blockhash,
        version: FINGERPRINT_VERSION,
      },
      verdict,
      scores: classification.scores,
      picture: false,
    });
    assert.equal((await ask(service, "GET", "/v1/quota", { key: poor.key })).body.remaining, 0);
    const usage = await ask(service, "GET", `/v1/keys/${poor.id}/usage`);
    assert.equal(usage.body.units, 0);
  });

  it("keeps the verdict that the lists give at that moment", async () => {
    const picture = await detailedPicture(2002);
    await ask(service, "POST", "/v1/lists", { body: { name: "wrong" } });
    await check(service, picture);
    await ask(service, "POST", "/v1/lists/wrong/entries", { body: await shrunkCopy(picture) });
    assert.equal((await say(picture, "safe")).body.verdict, "block");
  });

  it("decodes a picture that was never checked, and has no verdict and scores for it", async () => {
    const picture = await detailedPicture(2003);
    const { body } = await say(picture, "unsafe");
    assert.deepEqual([body.verdict, body.scores], [null, null]);
    const { fingerprint } = (await check(service, picture)).body;
    for (const kind of ["sha256", "sha1", "md5", "pdq", "pdq_quality", "blockhash"]) {
      assert.equal(body.fingerprint[kind], fingerprint[kind], kind);
    }
  });

  it("doesn't decode a picture that was checked before", async (t) => {
    const picture = await detailedPicture(2004);
    await check(service, picture);
    const decode = t.mock.method(service.context.workers, "fingerprint");
    assert.equal((await say(picture, "safe")).status, 200);
    assert.equal(decode.mock.callCount(), 0);
    assert.equal((await say(await detailedPicture(2005), "safe")).status, 200);
    assert.equal(decode.mock.callCount(), 1);
  });

  it("is carried by repeats and by look-ups of the very same bytes, for every caller, and by no other picture", async () => {
    const picture = await detailedPicture(2006);
    const { fingerprint } = (await check(service, picture)).body;
    assert.deepEqual((await check(service, picture)).body.feedback, []);
    const { body: given } = await say(picture, "safe", { key: poor.key });
    const repeat = await check(service, picture);
    assert.equal(repeat.body.seen.exact, true);
    assert.deepEqual(repeat.body.feedback, [{ model: given.model, class: "safe", at: given.updated_at }]);
    for (const kind of ["sha256", "sha1", "md5"]) {
      const found = await ask(service, "GET", `/v1/hashes/${kind}/${fingerprint[kind]}`, { key: null });
      assert.deepEqual(found.body.feedback, repeat.body.feedback, kind);
    }
    const byLooks = await ask(service, "GET", `/v1/hashes/pdq/${fingerprint.pdq}`);
    assert.deepEqual([byLooks.body.known, byLooks.body.feedback], [true, []]);
    const copy = await check(service, await shrunkCopy(picture));
    assert.notEqual(copy.body.seen.near, null);
    assert.deepEqual(copy.body.feedback, []);
  });

  it("is carried by the first check of a picture that was only ever fed back", async () => {
    const picture = await detailedPicture(2007);
    await say(picture, "drawing");
    const first = await check(service, picture);
    assert.equal(first.body.seen.exact, false);
    assert.deepEqual(carried(first), [[service.context.workers.model.id, "drawing"]]);
    assert.deepEqual(carried(await check(service, picture)), carried(first));
  });

  it("is one word of each key, which a later one replaces", async () => {
    const picture = await detailedPicture(2008);
    const first = await say(picture, "safe");
    const others = await say(picture, "porn", { key: poor.key });
    const later = await say(picture, "unsafe");
    assert.equal(later.body.id, first.body.id);
    assert.equal(later.body.created_at, first.body.created_at);
    assert.ok(later.body.updated_at > first.body.updated_at);
    assert.notEqual(others.body.id, first.body.id);
    const { id: model } = service.context.workers.model;
    // The newest first.
    assert.deepEqual(carried(await check(service, picture)), [
      [model, "unsafe"],
      [model, "porn"],
    ]);
    const listed = await ask(service, "GET", `/v1/feedback?sha256=${sha256(picture)}`);
    assert.equal(listed.body.feedback.length, 2);
  });

  it("is carried 20 at most, the newest", async () => {
    const picture = await flatPicture("#123456", 9, 9);
    await check(service, picture);
    await pool().query(
      `insert into feedback (key_id, sha256, sha1, md5, fingerprint_version, model, class, surface, updated_at)
        select 'key_' || i, $1, $1, $1, 4, 'm', 'class ' || i, 'native', now() - make_interval(mins => i)
        from generate_series(1, 30) as i`,
      [Buffer.from(sha256(picture), "hex")],
    );
    const answer = await check(service, picture);
    assert.deepEqual(
      carried(answer).map(([, said]) => said),
      Array.from({ length: 20 }, (_, index) => `class ${index + 1}`),
    );
  });

  it("stays apart for each surface and model, which a surface names in its own words", async () => {
    const picture = await detailedPicture(2009);
    const { id } = await service.createKey({ name: "surface" });
    const source = { bytes: picture, sha256: sha256(picture), digests: async () => digests };
    const digests = (await check(service, picture)).body.fingerprint;
    const { scorePolicy } = service.context.config;
    const ctx = Object.assign(Object.create(service.context), {
      actor: { type: "key", id, scopes: ["check"], scorePolicy, sealingKey: Buffer.alloc(32) },
      requestId: "req_test",
      client: { destroyed: false },
    });
    for (const [surface, model, said] of [
      ["vendor", "nudity", "safe"],
      ["vendor", "nudity", "raw"],
      ["vendor", "wad", "no-weapon"],
      ["other", "nudity", "safe"],
    ] as const) {
      await giveFeedback(ctx, { source, surface, model, class: said });
    }
    const { body } = await ask(service, "GET", `/v1/feedback?key_id=${id}`);
    const found = body.feedback.map((each: Record<string, string>) => [each.surface, each.model, each.class]);
    assert.deepEqual(found, [
      ["other", "nudity", "safe"],
      ["vendor", "wad", "no-weapon"],
      ["vendor", "nudity", "raw"],
    ]);
  });

  it("comes by multipart, by a form, by JSON and by URL as well", async (t) => {
    const pictures = await Promise.all([detailedPicture(2010, 64, 48), detailedPicture(2011, 64, 48), flatPicture()]);
    const [inForm, ...served] = pictures;
    const origin = createServer((request, response) => response.end(served[Number(request.url?.slice(1))]));
    t.after(() => origin.close());
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
    const model = service.context.workers.model.id;
    const form = new FormData();
    form.set("model", model);
    form.set("class", "sexy");
    form.set("image", new Blob([new Uint8Array(inForm)]), "x.png");
    const bodies = [
      form,
      { model, class: "sexy", url: `${url}/0` },
      new URLSearchParams({ model, class: "sexy", url: `${url}/1` }),
    ];
    for (const [place, body] of bodies.entries()) {
      const answer = await ask(service, "POST", "/v1/feedback", { body });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.equal(answer.body.fingerprint.sha256, sha256(pictures[place] ?? inForm));
    }
  });
});

describe("the picture that comes with feedback", () => {
  it("is stored nowhere by default", async () => {
    const picture = await detailedPicture(2020);
    const { body } = await say(picture, "safe");
    assert.equal(body.picture, false);
    const answer = await ask(service, "GET", `/v1/feedback/${body.id}/picture`);
    assert.deepEqual([answer.status, answer.body.code], [404, "picture_not_kept"]);
    const { rows } = await pool().query("select picture from feedback where sha256 = $1", [
      Buffer.from(sha256(picture), "hex"),
    ]);
    assert.deepEqual(rows, [{ picture: null }]);
  });

  it("is kept as it came where the operator says so, for admins alone", async () => {
    const pictures = [await detailedPicture(2021), await shrunkCopy(await detailedPicture(2022))];
    // One that was checked before, one that never was.
    await check(keeping, pictures[0] ?? Buffer.alloc(0));
    for (const [place, picture] of pictures.entries()) {
      const { body } = await say(picture, "porn", { on: keeping, key: poor.key });
      assert.equal(body.picture, true);
      const path = `/v1/feedback/${body.id}/picture`;
      const response = await keeping.request(path);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), ["image/png", "image/jpeg"][place]);
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(picture));
      assert.equal((await ask(keeping, "GET", path, { key: poor.key })).body.code, "scope_missing");
      assert.equal((await ask(keeping, "GET", path, { key: null })).body.code, "credentials_missing");
    }
  });

  it("goes with its feedback, and where the feedback is given again with keeping off", async () => {
    const picture = await detailedPicture(2023);
    const { body } = await say(picture, "porn", { on: keeping });
    assert.equal((await say(picture, "porn")).body.picture, false);
    assert.equal((await ask(keeping, "GET", `/v1/feedback/${body.id}/picture`)).body.code, "picture_not_kept");
    await say(picture, "porn", { on: keeping });
    assert.equal((await ask(keeping, "DELETE", `/v1/feedback/${body.id}`)).status, 204);
    assert.equal((await ask(keeping, "GET", `/v1/feedback/${body.id}/picture`)).body.code, "feedback_not_found");
  });
});

describe("how much feedback is kept of one key", () => {
  /** The same database and workers with other bounds, for one test. */
  async function withBounds(config: Partial<Config>, use: (bounded: TestService) => Promise<void>): Promise<void> {
    const { databaseUrl, context } = service;
    const bounded = await startService({ databaseUrl, workers: context.workers, config });
    try {
      await use(bounded);
    } finally {
      await bounded.close();
    }
  }
  const smallPictures = (seed: number, count: number) =>
    Promise.all(Array.from({ length: count }, (_, place) => detailedPicture(seed + place, 64, 48)));
  const given = async ({ id }: { id: string }) =>
    (await ask(service, "GET", `/v1/feedback?key_id=${id}`)).body.feedback as { id: string; picture: boolean }[];

  it("has a bound: one more is refused and not kept, until some is deleted; changes and other keys pass", async () => {
    const [full, other] = await Promise.all(["full", "other"].map((name) => service.createKey({ name })));
    const [first, second, third] = await smallPictures(2050, 3);
    assert.ok(full && other && first && second && third);
    await withBounds({ feedbackPerKey: 2 }, async (on) => {
      for (const picture of [first, second])
        assert.equal((await say(picture, "safe", { on, key: full.key })).status, 200);
      const refused = await say(third, "safe", { on, key: full.key });
      assert.deepEqual([refused.status, refused.body.code], [409, "feedback_full"]);
      assert.equal((await given(full)).length, 2);
      assert.equal(
        (await say(first, "porn", { on, key: full.key })).body.class,
        "porn",
        "its word on the same picture",
      );
      assert.equal((await say(third, "safe", { on, key: other.key })).status, 200);
      await ask(service, "DELETE", `/v1/feedback/${(await given(full))[0]?.id}`);
      assert.equal((await say(third, "safe", { on, key: full.key })).status, 200);
      assert.equal((await say(second, "safe", { on, key: full.key })).body.code, "feedback_full");
    });
    await withBounds({ feedbackPerKey: 0 }, async (on) => {
      assert.equal((await say(first, "safe", { on, key: other.key })).body.code, "feedback_full");
    });
  });

  it("is exact among calls that come at once", async () => {
    const key = await service.createKey({ name: "at once" });
    const pictures = await smallPictures(2060, 8);
    await withBounds({ feedbackPerKey: 3 }, async (on) => {
      const answers = await Promise.all(pictures.map((picture) => say(picture, "safe", { on, key: key.key })));
      const statuses = answers.map(({ status }) => status).sort();
      assert.deepEqual(statuses, [200, 200, 200, 409, 409, 409, 409, 409]);
    });
    assert.equal((await given(key)).length, 3);
  });

  it("is stored one after the other, so that a key's many calls take one connection from others", async (t) => {
    const [busy, other] = await Promise.all(["busy", "other"].map((name) => service.createKey({ name })));
    assert.ok(busy && other);
    const picture = await detailedPicture(2069, 64, 48);
    await check(service, picture);
    const take = t.mock.method(service.context.feedbackTurns, "take");
    const separate = await createLock(`lookalike feedback of ${busy.id}`);
    t.after(separate.end);
    const calls = Array.from({ length: 20 }, () => say(picture, "safe", { key: busy.key }));
    await until(() => take.mock.callCount() === 20);
    assert.equal((await say(picture, "safe", { key: other.key })).status, 200);
    let waiting = 0;
    while (waiting === 0) waiting = await separate.waiting();
    assert.equal(waiting, 1);
    await separate.end();
    for (const { status } of await Promise.all(calls)) assert.ok(status === 200 || status === 503, String(status));
  });

  it("has a bound for pictures of its own: what has no room is kept without, also among calls that come at once", async () => {
    const [full, other] = await Promise.all(["full", "other"].map((name) => service.createKey({ name })));
    assert.ok(full && other);
    // Not compressed, so that all have the same length.
    const plain = async (picture: Buffer) => await sharp(picture).png({ compressionLevel: 0 }).toBuffer();
    const pictures = await Promise.all((await smallPictures(2070, 6)).map(plain));
    const [first] = pictures;
    assert.ok(first);
    const room = { keepFeedbackImages: true, feedbackImagesMbPerKey: (2 * first.length) / 2 ** 20 };
    await withBounds(room, async (on) => {
      const answers = await Promise.all(pictures.map((picture) => say(picture, "safe", { on, key: full.key })));
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
      const kept = answers.filter(({ body }) => body.picture);
      assert.equal(kept.length, 2);
      const listed = (await given(full)).filter(({ picture }) => picture).map(({ id }) => id);
      assert.deepEqual(listed.sort(), kept.map(({ body }) => body.id).sort(), "as the answers said");
      const again = pictures[answers.findIndex(({ body }) => body.picture)] ?? first;
      const later = await say(again, "porn", { on, key: full.key });
      assert.deepEqual([later.body.class, later.body.picture], ["porn", true], "its picture counts once");
      const bytes = await keeping.request(`/v1/feedback/${later.body.id}/picture`);
      assert.ok(Buffer.from(await bytes.arrayBuffer()).equals(again));
      const without = pictures[answers.findIndex(({ body }) => !body.picture)] ?? first;
      assert.equal((await say(without, "porn", { on, key: full.key })).body.picture, false);
      assert.equal((await say(without, "porn", { on, key: other.key })).body.picture, true);
      await ask(service, "DELETE", `/v1/feedback/${kept[0]?.body.id}`);
      assert.equal((await say(without, "porn", { on, key: full.key })).body.picture, true);
    });
  });

  it("gets the room back that a process reserved for a picture and died before it wrote it", async () => {
    const key = await service.createKey({ name: "dead" });
    const [first, second] = await smallPictures(2080, 2);
    assert.ok(first && second);
    const room = { keepFeedbackImages: true, feedbackImagesMbPerKey: Math.max(first.length, second.length) / 2 ** 20 };
    await withBounds(room, async (on) => {
      const { body } = await say(first, "safe", { on, key: key.key });
      assert.equal(body.picture, true);
      const unwritten = (since: string) =>
        pool().query("update feedback set picture = null, updated_at = now() - $2::interval where key_id = $1", [
          key.id,
          since,
        ]);
      await unwritten("0 seconds");
      assert.equal((await say(second, "safe", { on, key: key.key })).body.picture, false, "it may still be written");
      await ask(service, "DELETE", `/v1/feedback/${(await given(key))[0]?.id}`);
      await unwritten("2 minutes 1 second");
      assert.equal((await say(second, "safe", { on, key: key.key })).body.picture, true);
    });
  });
});

describe("reading and deleting feedback", () => {
  it("is the admin's alone; giving it needs a key that may check", async () => {
    const { body } = await say(await detailedPicture(2030), "safe");
    const lists = await service.createKey({ name: "lists", scopes: ["lists"] });
    for (const [method, path] of [
      ["GET", "/v1/feedback"],
      ["GET", `/v1/feedback/${body.id}`],
      ["GET", `/v1/feedback/${body.id}/picture`],
      ["DELETE", `/v1/feedback/${body.id}`],
    ] as const) {
      for (const [key, status] of [
        [null, 401],
        [poor.key, 403],
        [lists.key, 403],
      ] as const) {
        assert.equal((await ask(service, method, path, { key })).status, status, `${method} ${path}`);
      }
    }
    assert.equal((await say(await detailedPicture(2030), "safe", { key: lists.key })).status, 403);
    const anonymous = await ask(service, "POST", "/v1/feedback", { key: null, body: await detailedPicture(2030) });
    assert.equal(anonymous.body.code, "credentials_missing");
    assert.equal((await ask(service, "GET", `/v1/feedback/${body.id}`)).status, 200);
  });

  it("pages from the newest on and filters by everything that is kept", async () => {
    const { id, key } = await service.createKey({ name: "pages" });
    const pictures = await Promise.all([2031, 2032, 2033].map((seed) => detailedPicture(seed, 64, 48)));
    const given = [];
    for (const [place, picture] of pictures.entries()) {
      given.push((await say(picture, place === 0 ? "porn" : "safe", { key })).body);
    }
    const ids = async (query: string) => {
      const { status, body } = await ask(service, "GET", `/v1/feedback?${query}`);
      assert.equal(status, 200, JSON.stringify(body));
      return body.feedback.map((each: { id: string }) => each.id);
    };
    const [oldest, middle, newest] = given.map((each) => each.id);
    assert.deepEqual(await ids(`key_id=${id}`), [newest, middle, oldest]);
    assert.deepEqual((await ids("limit=2")).slice(0, 2), [newest, middle]);
    const first = await ask(service, "GET", `/v1/feedback?key_id=${id}&limit=2`);
    assert.deepEqual(await ids(`key_id=${id}&limit=2&after=${first.body.next}`), [oldest]);
    assert.deepEqual(await ids(`key_id=${id}&class=porn`), [oldest]);
    assert.deepEqual(await ids(`sha256=${given[1]?.fingerprint.sha256}`), [middle]);
    assert.deepEqual(await ids(`key_id=${id}&surface=other`), []);
    assert.deepEqual(await ids(`key_id=${id}&surface=native&model=${given[0]?.model}`), [newest, middle, oldest]);
    assert.deepEqual(await ids(`key_id=${id}&model=other`), []);
    assert.deepEqual(await ids(`key_id=${id}&since=${given[1]?.updated_at}`), [newest, middle]);
    assert.deepEqual(await ids(`key_id=${id}&since=9000-01-01T00:00:00Z`), []);
  });

  it("ends what answers carry, and leaves an audit row", async () => {
    const picture = await detailedPicture(2034);
    const { body } = await say(picture, "safe");
    assert.equal((await check(service, picture)).body.feedback.length, 1);
    const rows = await countAudit(pool());
    assert.equal((await ask(service, "DELETE", `/v1/feedback/${body.id}`)).status, 204);
    assert.deepEqual((await check(service, picture)).body.feedback, []);
    assert.equal((await ask(service, "DELETE", `/v1/feedback/${body.id}`)).body.code, "feedback_not_found");
    assert.equal(await countAudit(pool()), rows + 1);
    const [event] = (await ask(service, "GET", "/v1/audit?limit=1")).body.events;
    assert.deepEqual([event.action, event.subject, event.details.class], ["feedback.delete", body.id, "safe"]);
    assert.equal(event.details.sha256, sha256(picture));
  });
});

describe("feedback that can't be taken", () => {
  it("names the field, and keeps nothing", async () => {
    const picture = await detailedPicture(2040);
    const { id: model } = service.context.workers.model;
    const refused = async (query: string, body: unknown = picture) => {
      const answer = await ask(service, "POST", `/v1/feedback?${query}`, { body });
      return [answer.status, answer.body.code, answer.body.field];
    };
    assert.deepEqual(await refused(`model=${model}`), [400, "parameter_invalid", "class"]);
    assert.deepEqual(await refused("class=safe"), [400, "parameter_invalid", "model"]);
    assert.deepEqual(await refused("model=nudity&class=safe"), [400, "parameter_invalid", "model"]);
    assert.deepEqual(await refused(`model=${model}&class=raw`), [400, "parameter_invalid", "class"]);
    assert.deepEqual(await refused(`model=${model}&class=a%00b`), [400, "parameter_invalid", "class"]);
    const said = `model=${model}&class=safe`;
    assert.deepEqual(await refused(said, { surprise: 1, url: "http://127.0.0.1:1/" }), [
      400,
      "parameter_invalid",
      "surprise",
    ]);
    assert.deepEqual(await refused(said, { url: 7 }), [400, "parameter_invalid", "url"]);
    assert.deepEqual(await refused(said, {}), [400, "image_missing", "url"]);
    assert.deepEqual(await refused(said, { url: "ftp://example.com/x" }), [400, "url_malformed", "url"]);
    assert.equal((await refused(said, { url: "http://127.0.0.1:1/" }))[1], "url_unreachable");
    assert.equal((await refused(said, Buffer.from("not an image")))[1], "image_unreadable");
    assert.equal((await refused(said, picture.subarray(0, 2000)))[1], "image_truncated");
    assert.equal((await refused(said, Buffer.alloc(0)))[1], "image_empty");
    const { body } = await ask(service, "GET", `/v1/feedback?sha256=${sha256(picture)}`);
    assert.deepEqual(body.feedback, []);
  });

  it("is told what a filter should have been", async () => {
    for (const [query, field] of [
      ["sha256=0", "sha256"],
      ["key_id=none", "key_id"],
      ["since=yesterday", "since"],
      ["since=0001-01-01T00:00:00Z", "since"],
      ["limit=0", "limit"],
    ]) {
      const { status, body } = await ask(service, "GET", `/v1/feedback?${query}`);
      assert.deepEqual([status, body.code, body.field], [400, "parameter_invalid", field], query);
    }
    for (const id of ["none", "fbk_zzzzzzzzzzzz", "ent_1"]) {
      const { status, body } = await ask(service, "GET", `/v1/feedback/${id}`);
      assert.deepEqual([status, body.code, body.field], [404, "feedback_not_found", "id"], id);
    }
  });
});
