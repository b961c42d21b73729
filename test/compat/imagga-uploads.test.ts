import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, describe, it } from "node:test";
import type { RequestContext } from "../../src/services/context.ts";
import { keepUpload } from "../../src/services/keep-upload.ts";
import { dumpRows } from "../support/dump-database.ts";
import { askImagga, fileForm, uploadImage } from "../support/imagga.ts";
import { detailedPicture, flatPicture } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

const STORE_BYTES = 1024 * 1024;

let service: TestService;
let key: { id: string; key: string; secret: string };
before(async () => {
  service = await startService();
  key = await service.createKey({ name: "uploads" });
});
after(() => service.close());

interface Row {
  readonly sealed: Buffer | null;
  readonly byte_length: number;
  readonly key_id: string;
  readonly hours_left: number;
}

const idHash = (id: string) => createHash("sha256").update(id).digest();

async function readRow(id: string): Promise<Row | undefined> {
  const { rows } = await service.context.db.pool.query<Row>(
    `select sealed, byte_length, key_id, extract(epoch from expires_at - now())::float8 / 3600 as hours_left
     from upload where id_hash = $1`,
    [idHash(id)],
  );
  return rows[0];
}

async function age(id: string, interval: string): Promise<void> {
  await service.context.db.pool.query(
    "update upload set expires_at = now() - $2::interval, created_at = now() - $2::interval - interval '24 hours' where id_hash = $1",
    [idHash(id), interval],
  );
}

const categories = (from: Pick<TestService, "url">, id: string, by = key) =>
  askImagga(from, by, "GET", `/v2/categories/nsfw_beta?image_upload_id=${id}`);

const remove = (id: string, by = key) => askImagga(service, by, "DELETE", `/v2/uploads/${id}`);

/** Keeps house as each start of a service does, and waits until `isDone`. */
async function sweepUntil(isDone: () => Promise<boolean>): Promise<void> {
  const { databaseUrl, context } = service;
  const other = await startService({ databaseUrl, workers: context.workers });
  try {
    for (let look = 0; look < 2000; look++) if (await isDone()) return;
    assert.fail("nothing was swept");
  } finally {
    await other.close();
  }
}

describe("an upload", () => {
  it("has a random id of the vendor's form and is kept 24 hours, sealed: the database holds nothing readable", async () => {
    const picture = await detailedPicture(7101);
    const ids = [await uploadImage(service, key, picture), await uploadImage(service, key, picture)];
    for (const id of ids) assert.match(id, /^i[0-9A-Za-z]{31}$/);
    assert.notEqual(ids[0], ids[1]);
    const rows = [await readRow(ids[0] ?? ""), await readRow(ids[1] ?? "")];
    for (const row of rows) {
      assert.deepEqual([row?.byte_length, row?.key_id], [picture.length, key.id]);
      assert.ok(row !== undefined && row.hours_left > 23.9 && row.hours_left <= 24);
    }
    const [first, second] = rows.map((row) => row?.sealed ?? Buffer.alloc(0));
    assert.notDeepEqual(first, second, "the same bytes are sealed anew each time");
    const dump = await dumpRows(service.context.db.pool);
    for (const id of ids) assert.ok(!dump.includes(id), "the id is stored nowhere");
    for (let at = 0; at + 16 <= picture.length; at += 4096) {
      assert.ok(!dump.includes(picture.toString("hex", at, at + 16)), "no part of the picture is");
    }
  });

  it("can be used again and again, also through another process: it survives a restart", async () => {
    const picture = await detailedPicture(7102);
    const id = await uploadImage(service, key, picture);
    const first = await categories(service, id);
    assert.equal(first.status, 200);
    const other = await startService({ databaseUrl: service.databaseUrl, workers: service.context.workers });
    try {
      assert.deepEqual((await categories(other, id)).body, first.body);
      assert.deepEqual((await categories(service, id)).body, first.body);
    } finally {
      await other.close();
    }
  });

  it("is free, and what is made of it is charged like the picture itself", async () => {
    const limited = await service.createKey({ name: "free uploads", quota: { limit: 1, period: "day" } });
    const ids = [
      await uploadImage(service, limited, await detailedPicture(7103)),
      await uploadImage(service, limited, await detailedPicture(7104)),
    ];
    const remaining = async () => (await ask(service, "GET", "/v1/quota", { key: limited.key })).body.remaining;
    assert.equal(await remaining(), 1);
    assert.equal((await categories(service, ids[0] ?? "", limited)).status, 200);
    assert.equal(await remaining(), 0);
    assert.equal((await categories(service, ids[0] ?? "", limited)).status, 200, "a repeat costs nothing");
    const refused = await categories(service, ids[1] ?? "", limited);
    assert.deepEqual(
      [refused.status, refused.body],
      [403, { status: { type: "error", text: "You have reached your monthly limits for this subscription." } }],
    );
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
  });

  it("is of the key that made it: another gets 404, for using and for deleting it", async () => {
    const other = await service.createKey({ name: "other" });
    const id = await uploadImage(service, key, await flatPicture("#710500"));
    for (const answer of [await categories(service, id, other), await remove(id, other)]) {
      assert.equal(answer.status, 404);
      assert.deepEqual(Object.keys(answer.body), ["status"]);
      assert.ok(!JSON.stringify(answer.body).includes(id));
    }
    const unknown = `i${"0".repeat(31)}`;
    assert.equal((await categories(service, unknown)).status, 404);
    assert.equal((await remove(unknown)).status, 404);
    assert.equal((await categories(service, id)).status, 200);
  });

  it("is gone at once when it is deleted: 410 from then on, and deleting it again is no error", async () => {
    const id = await uploadImage(service, key, await flatPicture("#710600"));
    const deleted = await remove(id);
    assert.deepEqual([deleted.status, deleted.body], [200, { status: { type: "success", text: "" } }]);
    assert.equal((await readRow(id))?.sealed, null);
    const late = await categories(service, id);
    assert.deepEqual([late.status, late.body.status.type], [410, "error"]);
    assert.equal((await remove(id)).status, 200);
    assert.equal((await categories(service, id)).status, 410);
  });

  it("is gone after 24 hours: 410, and whoever asks for it then removes its bytes", async () => {
    const id = await uploadImage(service, key, await flatPicture("#710700"));
    await age(id, "1 second");
    assert.notEqual((await readRow(id))?.sealed, null);
    assert.equal((await categories(service, id)).status, 410);
    assert.equal((await readRow(id))?.sealed, null);
  });

  it("is swept without anybody asking: its bytes after 24 hours, its row 30 days later", async () => {
    const [expired, old, oldest] = [
      await uploadImage(service, key, await flatPicture("#710800")),
      await uploadImage(service, key, await flatPicture("#710801")),
      await uploadImage(service, key, await flatPicture("#710802")),
    ];
    await age(expired, "1 second");
    await age(old, "29 days 23 hours");
    await age(oldest, "30 days 1 second");
    const live = await uploadImage(service, key, await flatPicture("#710803"));
    await sweepUntil(async () => (await readRow(oldest)) === undefined);
    assert.equal((await readRow(expired))?.sealed, null);
    assert.equal((await readRow(old))?.sealed, null);
    assert.equal((await categories(service, old)).status, 410);
    assert.equal((await categories(service, oldest)).status, 404);
    assert.equal((await categories(service, live)).status, 200);
  });

  it("is remembered as gone for the last 10,000 of its key, and for those of no other key that has more", async () => {
    const many = await service.createKey({ name: "uploads and deletes" });
    const [first, last] = [
      await uploadImage(service, many, await flatPicture("#710810")),
      await uploadImage(service, many, await flatPicture("#710811")),
    ];
    const older = await uploadImage(service, key, await flatPicture("#710812"));
    for (const [id, by] of [
      [first, many],
      [last, many],
      [older, key],
    ] as const) {
      assert.equal((await remove(id, by)).status, 200);
    }
    await age(first, "2 hours");
    await age(older, "2 hours");
    await service.context.db.pool.query(
      `insert into upload (id_hash, key_id, byte_length, expires_at)
       select sha256(int4send(n)), $1, 1, now() - interval '1 hour' from generate_series(1, 9999) as n`,
      [many.id],
    );
    await sweepUntil(async () => (await readRow(first)) === undefined);
    assert.equal((await categories(service, first, many)).status, 404);
    assert.equal((await categories(service, last, many)).status, 410);
    assert.equal((await categories(service, older)).status, 410);
    const { rows } = await service.context.db.pool.query("select count(*)::int from upload where key_id = $1", [
      many.id,
    ]);
    assert.deepEqual(rows, [{ count: 10_000 }]);
  });

  it("takes any bytes but none, and is judged when it is used: nothing is decoded here", async () => {
    const id = await uploadImage(service, key, Buffer.from("no picture at all"));
    assert.equal((await categories(service, id)).status, 400);
    const empty = await askImagga(service, key, "POST", "/v2/uploads", fileForm({ image: Buffer.alloc(0) }));
    assert.deepEqual([empty.status, empty.body.status.type], [400, "error"]);
  });

  it("counts among the bytes held of fetched images while it is used, of which a caller has a share", async () => {
    const id = await uploadImage(service, key, await flatPicture("#710900"));
    const share = 128 * 1024 * 1024;
    const part = service.context.fetchShares.begin(key.id);
    part.addBytes(share);
    const refused = await categories(service, id);
    assert.deepEqual([refused.status, refused.body.status.type], [503, "error"]);
    part.dropBytes();
    assert.equal((await categories(service, id)).status, 200);
    part.addBytes(share);
    part.dropBytes();
    part.endFetch();
  });

  it("needs the scope for checks", async () => {
    const lists = await service.createKey({ name: "lists only", scopes: ["lists"] });
    for (const [method, path] of [
      ["POST", "/v2/uploads"],
      ["POST", "/v1/content"],
      ["DELETE", "/v2/uploads/i0"],
    ] as const) {
      const body = method === "POST" ? fileForm({ image: await flatPicture() }) : null;
      assert.equal((await askImagga(service, lists, method, path, body)).status, 403, path);
    }
  });
});

describe("the store of uploads", () => {
  async function liveBytes(): Promise<number> {
    const { rows } = await service.context.db.pool.query<{ bytes: number }>(
      "select coalesce(sum(byte_length), 0)::int as bytes from upload where sealed is not null and expires_at > now()",
    );
    return rows[0]?.bytes ?? 0;
  }

  async function countRows(): Promise<number> {
    const { rows } = await service.context.db.pool.query<{ count: number }>("select count(*)::int from upload");
    return rows[0]?.count ?? 0;
  }

  const post = (to: TestService, bytes: number, by = key) =>
    askImagga(to, by, "POST", "/v2/uploads", fileForm({ image: randomBytes(bytes) }));

  /** The context of a request with the key, where something is different. */
  function contextWith(different: Partial<RequestContext>): RequestContext {
    const { context } = service;
    const actor: RequestContext["actor"] = {
      type: "key",
      id: key.id,
      scopes: ["check"],
      scorePolicy: context.config.scorePolicy,
      sealingKey: Buffer.alloc(32),
    };
    return { ...context, actor, requestId: "req_test", client: { destroyed: false }, ...different };
  }

  let crew: readonly [TestService, TestService];
  before(async () => {
    const small = { databaseUrl: service.databaseUrl, workers: service.context.workers, config: { uploadStoreMb: 1 } };
    crew = await Promise.all([startService(small), startService(small)]);
  });
  after(() => Promise.all(crew.map((each) => each.close())));
  beforeEach(() => service.context.db.pool.query("delete from upload"));

  it("gives a key as much as it leaves free, to the byte, also under parallel uploads to two processes", async () => {
    const share = STORE_BYTES / 2;
    const bytes = 45_000;
    const fit = Math.floor(share / bytes);
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => post(crew[i % 2 === 0 ? 0 : 1], bytes)));
    const kept = answers.filter(({ status }) => status === 200);
    assert.equal(kept.length, fit);
    for (const refused of answers.filter(({ status }) => status !== 200)) {
      assert.deepEqual([refused.status, refused.body.status.type], [429, "error"]);
      assert.match(refused.body.status.text, /Delete some, or wait/);
      assert.ok(Number(refused.headers.get("retry-after")) > 0);
    }
    assert.equal(await countRows(), fit, "nothing is kept of what was refused");
    const left = share - fit * bytes;
    assert.equal((await post(crew[0], left + 1)).status, 429);
    assert.equal((await post(crew[0], left)).status, 200);
    assert.equal((await post(crew[1], 1)).status, 429);
    assert.equal(await liveBytes(), share);

    assert.equal((await remove(kept[0]?.body.result.upload_id)).status, 200);
    assert.equal((await post(crew[1], bytes)).status, 200, "what was deleted makes room");
    await age(kept[1]?.body.result.upload_id, "1 second");
    assert.equal((await post(crew[1], bytes)).status, 200, "and so does what has expired");
    assert.equal(await liveBytes(), share);
  });

  it("has room for every key that comes after one with its share, and never holds more than UPLOAD_STORE_MB", async () => {
    let free = STORE_BYTES / 2;
    assert.equal((await post(crew[0], free)).status, 200);
    for (const name of ["second", "third", "fourth"]) {
      const next = await service.createKey({ name });
      const tooMuch = await post(crew[0], free / 2 + 1, next);
      assert.deepEqual([tooMuch.status, tooMuch.body.status.type], [503, "error"], "not of this key's making");
      assert.ok(Number(tooMuch.headers.get("retry-after")) > 0);
      assert.equal((await post(crew[1], free / 2, next)).status, 200, name);
      assert.equal((await post(crew[0], 1, next)).status, 429);
      free /= 2;
    }
    assert.equal((await post(crew[0], 1)).status, 429, "the first key has its share still");
    assert.equal(await liveBytes(), STORE_BYTES - free);
  });

  it("counts small uploads as 4 KiB each, so that there are never so many that counting them takes long", async () => {
    const most = STORE_BYTES / 2 / 4096;
    await service.context.db.pool.query(
      `insert into upload (id_hash, key_id, byte_length, sealed, expires_at)
       select sha256(number::text::bytea), $1, 1, 'x', now() + interval '1 hour' from generate_series(1, $2) as number`,
      [key.id, most - 1],
    );
    assert.equal((await post(crew[0], 1)).status, 200);
    assert.equal((await post(crew[0], 1)).status, 429);
    const next = await service.createKey({ name: "beside small ones" });
    const form = fileForm(Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`f${i}`, randomBytes(1)])));
    assert.equal((await askImagga(crew[1], next, "POST", "/v1/content", form)).status, 200);
    assert.equal((await post(crew[1], STORE_BYTES / 4 - 10 * 4096 + 1, next)).status, 429);
    assert.equal((await post(crew[1], STORE_BYTES / 4 - 10 * 4096, next)).status, 200);
  });

  it("gives keys that upload at the same time about the same", async () => {
    const keys = [key, await service.createKey({ name: "as hungry" })];
    const bytes = 20_000;
    const kept = keys.map(() => 0);
    for (let round = 0; round < 30; round++) {
      for (const [index, by] of keys.entries()) {
        if ((await post(crew[index === 0 ? 0 : 1], bytes, by)).status === 200) kept[index] = (kept[index] ?? 0) + bytes;
      }
    }
    for (const had of kept) assert.ok(Math.abs(had - STORE_BYTES / 3) <= bytes, `${had} of ${STORE_BYTES}`);
  });

  it("keeps all files of one request or none", async () => {
    const form = fileForm({ a: randomBytes(300_000), b: randomBytes(300_000) });
    const refused = await askImagga(crew[0], key, "POST", "/v1/content", form);
    assert.deepEqual([refused.status, refused.body.status], [503, "error"]);
    assert.equal(await countRows(), 0);
    assert.equal((await post(crew[0], 300_000)).status, 200);
    const shared = fileForm({ a: randomBytes(200_000), b: randomBytes(200_000) });
    const beyond = await askImagga(crew[0], key, "POST", "/v1/content", shared);
    assert.deepEqual([beyond.status, beyond.body.status], [429, "error"]);
    assert.equal(await countRows(), 1);
  });

  it("takes nothing where UPLOAD_STORE_MB is 0", async () => {
    const ctx = contextWith({ config: { ...service.context.config, uploadStoreMb: 0 } });
    await assert.rejects(keepUpload(ctx, [{ id: "some-random-id", bytes: randomBytes(1) }]), { code: "overloaded" });
  });

  it("gets its room back where the bytes could not be written", async () => {
    const { db } = service.context;
    const failing = Object.assign(Object.create(db.pool) as typeof db.pool, {
      connect: () => db.pool.connect(),
      query: async (statement: { name?: string }) => {
        if (statement.name === "store_upload") throw new Error("the connection broke");
        return await db.pool.query(statement as never);
      },
    });
    const ctx = contextWith({ db: { ...db, pool: failing } });
    await assert.rejects(keepUpload(ctx, [{ id: "some-random-id", bytes: randomBytes(1000) }]), /connection broke/);
    for (let look = 0; look < 2000 && (await countRows()) > 0; look++);
    assert.equal(await countRows(), 0);
  });
});

describe("uploads of both versions", () => {
  it("v1 ids have 32 hex digits, and both versions take both", async () => {
    const picture = await readFile(new URL("../fixtures/model/Porn.png", import.meta.url));
    const answer = await askImagga(service, key, "POST", "/v1/content", fileForm({ anything: picture }, "a b.png"));
    assert.equal(answer.status, 200);
    const [uploaded] = answer.body.uploaded;
    assert.deepEqual([answer.body.status, uploaded.filename], ["success", "a b.png"]);
    assert.match(uploaded.id, /^[0-9a-f]{32}$/);
    assert.equal((await categories(service, uploaded.id)).body.result.categories[0].name.en, "nsfw");
    const v2 = await uploadImage(service, key, picture);
    const v1 = await askImagga(service, key, "GET", `/v1/categorizations/nsfw_beta?content=${v2}`);
    assert.equal(v1.body.results[0].categories[0].name, "nsfw");

    const deleted = await askImagga(service, key, "DELETE", `/v1/content/${uploaded.id}`);
    assert.deepEqual([deleted.status, deleted.body], [200, { status: "success" }]);
    assert.equal((await categories(service, uploaded.id)).status, 410);
  });
});
