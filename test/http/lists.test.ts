import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import sharp from "sharp";
import { detailedPicture, flatPicture, shrunkCopy } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

let names = 0;
/** A list of this test's own. */
async function newList(fields: object = {}): Promise<string> {
  const name = `list-${++names}`;
  const created = await ask(service, "POST", "/v1/lists", { body: { name, ...fields } });
  assert.equal(created.status, 201);
  return name;
}

describe("lists", () => {
  it("are created with defaults, read, changed, paged and deleted", async () => {
    const name = await newList();
    const read = await ask(service, "GET", `/v1/lists/${name}`);
    assert.deepEqual(
      [read.body.kind, read.body.action, read.body.enabled, read.body.description],
      ["disallow", "block", true, ""],
    );
    const changed = await ask(service, "PATCH", `/v1/lists/${name}`, { body: { action: "review", description: "x" } });
    assert.deepEqual([changed.body.action, changed.body.description], ["review", "x"]);
    const others = [await newList(), await newList()];
    const first = await ask(service, "GET", "/v1/lists?limit=1");
    assert.equal(first.body.lists.length, 1);
    const rest = await ask(service, "GET", `/v1/lists?after=${first.body.next}`);
    const seen = [...first.body.lists, ...rest.body.lists].map((list: { name: string }) => list.name);
    for (const each of [name, ...others]) assert.ok(seen.includes(each));
    assert.equal((await ask(service, "DELETE", `/v1/lists/${name}`)).status, 204);
    assert.equal((await ask(service, "GET", `/v1/lists/${name}`)).body.code, "list_not_found");
    assert.equal((await ask(service, "POST", "/v1/lists", { body: { name } })).status, 201);
  });

  it("match wider where two hashes agree, unless they name a threshold of a hash and none for that", async () => {
    const thresholds = async (fields: object) => {
      const { body } = await ask(service, "GET", `/v1/lists/${await newList(fields)}`);
      return [
        body.pdq_threshold,
        body.blockhash_threshold,
        body.agreement_pdq_threshold,
        body.agreement_blockhash_threshold,
      ];
    };
    assert.deepEqual(await thresholds({}), [31, 10, 54, 43]);
    assert.deepEqual(await thresholds({ pdq_threshold: 20 }), [20, 10, 0, 0]);
    assert.deepEqual(
      await thresholds({ blockhash_threshold: 4, agreement_pdq_threshold: 40, agreement_blockhash_threshold: 20 }),
      [31, 4, 40, 20],
    );
  });

  it("refuse a second one of the same name", async () => {
    const name = await newList();
    const second = await ask(service, "POST", "/v1/lists", { body: { name } });
    assert.deepEqual([second.status, second.body.code, second.body.field], [409, "list_exists", "name"]);
  });

  it("match only where they are enabled, asked for and not deleted", async () => {
    const picture = await detailedPicture(201);
    const name = await newList();
    const other = await newList();
    await ask(service, "POST", `/v1/lists/${name}/entries`, { body: picture });
    const verdict = async (query = "") => (await check(service, picture, { query })).body.verdict;
    assert.equal(await verdict(), "block");
    assert.equal(await verdict(`?lists=${other}`), "allow");
    assert.equal(await verdict(`?lists=${other},${name}`), "block");
    await ask(service, "PATCH", `/v1/lists/${name}`, { body: { enabled: false } });
    assert.equal(await verdict(), "allow");
    assert.equal(await verdict(`?lists=${name}`), "allow");
    await ask(service, "PATCH", `/v1/lists/${name}`, { body: { enabled: true } });
    assert.equal(await verdict(), "block");
    await ask(service, "DELETE", `/v1/lists/${name}`);
    assert.equal(await verdict(), "allow");
  });

  it("give their own action, and an allow list wins over all", async () => {
    const picture = await detailedPicture(202);
    const review = await newList({ action: "review" });
    await ask(service, "POST", `/v1/lists/${review}/entries`, { body: picture });
    assert.equal((await check(service, picture)).body.verdict, "review");
    const block = await newList();
    await ask(service, "POST", `/v1/lists/${block}/entries`, { body: picture });
    const both = await check(service, picture);
    assert.equal(both.body.verdict, "block");
    assert.equal(both.body.matches.length, 2);
    const allow = await newList({ kind: "allow" });
    await ask(service, "POST", `/v1/lists/${allow}/entries`, { body: picture });
    const allowed = await check(service, await shrunkCopy(picture, 0.7));
    assert.equal(allowed.body.verdict, "allow");
    assert.equal(allowed.body.reasons[0].code, "allow_list_match");
    for (const name of [review, block, allow]) await ask(service, "DELETE", `/v1/lists/${name}`);
  });

  it("each have a say in the verdict, however many entries of another one match", async () => {
    const picture = await detailedPicture(204);
    const { fingerprint } = (await check(service, picture)).body;
    const review = await newList({ action: "review" });
    const block = await newList();
    const rows = Array.from({ length: 150 }, (_, row) => row.toString(16).padStart(64, "0"));
    await service.context.db.pool.query(
      `insert into entry (list_id, identity, source, sha1, detail, created_by)
       select list.id, decode(identity, 'hex'), 'hashes', decode($2, 'hex'), 'insufficient', 'test'
       from list, unnest($3::text[]) as identity where name = $1`,
      [review, fingerprint.sha1, rows],
    );
    await ask(service, "POST", `/v1/lists/${block}/entries`, { body: { hashes: { pdq: fingerprint.pdq } } });
    const { body } = await check(service, picture, { query: `?lists=${review},${block}` });
    assert.equal(body.verdict, "block");
    assert.ok(body.matches.some(({ list }: { list: string }) => list === block));
    assert.ok(body.matches.length <= 101);
  });

  it("take a new threshold with the very next request", async () => {
    const picture = await detailedPicture(203);
    const name = await newList({ pdq_threshold: 0, blockhash_threshold: 0 });
    await ask(service, "POST", `/v1/lists/${name}/entries`, { body: picture });
    const cut = await sharp(picture).extract({ left: 12, top: 9, width: 616, height: 462 }).jpeg().toBuffer();
    const strict = await check(service, cut, { query: `?lists=${name}` });
    assert.equal(strict.body.verdict, "allow");
    await ask(service, "PATCH", `/v1/lists/${name}`, { body: { pdq_threshold: 100 } });
    const loose = await check(service, cut, { query: `?lists=${name}` });
    assert.deepEqual([loose.body.verdict, loose.body.matches[0].threshold], ["block", 100]);
    assert.ok(loose.body.matches[0].distance > 0);
  });
});

describe("entries", () => {
  it("block the next request with a re-encoded, shrunk or mirrored copy, and say why", async () => {
    const picture = await detailedPicture(210);
    const name = await newList();
    const banned = await ask(service, "POST", `/v1/lists/${name}/entries?custom_id=case-7`, { body: picture });
    assert.equal(banned.status, 201);
    const copies = {
      identity: await shrunkCopy(picture),
      mirror: await sharp(picture).flop().jpeg({ quality: 85 }).toBuffer(),
      rotate180: await sharp(picture).rotate(180).webp({ quality: 80 }).toBuffer(),
    };
    for (const [transform, copy] of Object.entries(copies)) {
      const { body } = await check(service, copy, { query: `?lists=${name}` });
      assert.equal(body.verdict, "block", transform);
      const [match] = body.matches;
      assert.deepEqual(
        [match.list, match.entry_id, match.custom_id, match.transform],
        [name, banned.body.id, "case-7", transform],
      );
      assert.ok(match.distance <= match.threshold);
      assert.equal(body.reasons[0].code, "list_match");
    }
  });

  it("are found again by the same image: 201 new, 200 already there", async () => {
    const picture = await detailedPicture(211);
    const name = await newList();
    const first = await ask(service, "POST", `/v1/lists/${name}/entries`, { body: picture });
    const second = await ask(service, "POST", `/v1/lists/${name}/entries`, { body: picture });
    assert.deepEqual([first.status, second.status, second.body.id], [201, 200, first.body.id]);
  });

  it("take 30 concurrent additions of one image as one entry", async () => {
    const picture = await detailedPicture(212);
    const name = await newList();
    const added = await Promise.all(
      Array.from({ length: 30 }, () => ask(service, "POST", `/v1/lists/${name}/entries`, { body: picture })),
    );
    assert.equal(added.filter(({ status }) => status === 201).length, 1);
    assert.equal(new Set(added.map(({ body }) => body.id)).size, 1);
  });

  it("are added by hashes of any kind, and looked up by them", async () => {
    const picture = await detailedPicture(213);
    const { body } = await check(service, picture);
    const kinds = ["sha1", "sha256", "md5", "pdq", "blockhash"];
    for (const kind of kinds) {
      const name = await newList();
      const hashes = { [kind]: body.fingerprint[kind].toUpperCase() };
      const added = await ask(service, "POST", `/v1/lists/${name}/entries`, { body: { hashes, note: kind } });
      assert.deepEqual([added.status, added.body.source, added.body.note], [201, "hashes", kind]);
      const again = await ask(service, "POST", `/v1/lists/${name}/entries`, { body: { hashes } });
      assert.deepEqual([again.status, again.body.id], [200, added.body.id]);
      const checked = await check(service, picture, { query: `?lists=${name}` });
      assert.deepEqual([checked.body.verdict, checked.body.matches[0].hash], ["block", kind]);
      const looked = await ask(service, "GET", `/v1/hashes/${kind}/${body.fingerprint[kind]}?lists=${name}`);
      assert.deepEqual([looked.body.verdict, looked.body.matches[0].hash], ["block", kind]);
    }
  });

  it("known by one hash before are told the others by the image itself, and then match its copies", async () => {
    const picture = await detailedPicture(216);
    const copy = await shrunkCopy(picture);
    const query = (name: string) => ({ query: `?lists=${name}&classify=never` });
    const { sha256, pdq } = (await check(service, picture)).body.fingerprint;
    for (const lifted of [false, true]) {
      const name = await newList();
      const path = `/v1/lists/${name}/entries`;
      const { body: entry } = await ask(service, "POST", path, { body: { hashes: { sha256 } } });
      assert.equal((await check(service, copy, query(name))).body.verdict, "allow");
      if (lifted) await ask(service, "DELETE", `${path}/${entry.id}`);
      const image = await ask(service, "POST", path, { body: picture });
      assert.deepEqual([image.status, image.body.id, image.body.hashes.pdq], [200, entry.id, pdq]);
      assert.deepEqual([image.body.enabled, image.body.detail], [true, "sufficient"]);
      assert.equal((await check(service, copy, query(name))).body.verdict, "block");
    }
  });

  it("refuse a perceptual hash that every flat picture shares, unless an exact one comes with it", async () => {
    const name = await newList();
    const flat = "0".repeat(64);
    const refused = await ask(service, "POST", `/v1/lists/${name}/entries`, { body: { hashes: { pdq: flat } } });
    assert.deepEqual(
      [refused.status, refused.body.code, refused.body.field],
      [422, "hash_insufficient_detail", "hashes.pdq"],
    );
    const hashes = { pdq: flat, sha1: "1".repeat(40) };
    const kept = await ask(service, "POST", `/v1/lists/${name}/entries`, { body: { hashes } });
    assert.deepEqual([kept.status, kept.body.detail], [201, "insufficient"]);
    assert.equal(
      (await check(service, await flatPicture("#000000"), { query: `?lists=${name}` })).body.verdict,
      "allow",
    );
  });

  it("are lifted without being deleted, and put back by adding them again", async () => {
    const picture = await detailedPicture(214);
    const name = await newList();
    const path = `/v1/lists/${name}/entries`;
    const { body: entry } = await ask(service, "POST", path, { body: picture });
    const verdict = async () => (await check(service, picture, { query: `?lists=${name}` })).body.verdict;
    assert.equal(await verdict(), "block");
    assert.equal((await ask(service, "DELETE", `${path}/${entry.id}`)).status, 204);
    assert.equal(await verdict(), "allow");
    assert.equal((await ask(service, "GET", `${path}/${entry.id}`)).body.enabled, false);
    assert.deepEqual((await ask(service, "GET", path)).body.entries, []);
    assert.equal((await ask(service, "GET", `${path}?state=all`)).body.entries.length, 1);
    const back = await ask(service, "POST", path, { body: picture });
    assert.deepEqual([back.status, back.body.id, back.body.enabled], [200, entry.id, true]);
    assert.equal(await verdict(), "block");
  });

  it("end at expires_at", async () => {
    const picture = await detailedPicture(215);
    const name = await newList();
    const path = `/v1/lists/${name}/entries`;
    const past = new Date(Date.now() - 1000).toISOString();
    const future = new Date(Date.now() + 3_600_000).toISOString();
    const { body: entry } = await ask(service, "POST", `${path}?expires_at=${future}`, { body: picture });
    assert.equal(entry.expires_at, future);
    assert.equal((await check(service, picture, { query: `?lists=${name}` })).body.verdict, "block");
    await ask(service, "PATCH", `${path}/${entry.id}`, { body: { expires_at: past } });
    assert.equal((await check(service, picture, { query: `?lists=${name}` })).body.verdict, "allow");
    await ask(service, "PATCH", `${path}/${entry.id}`, { body: { expires_at: null } });
    assert.equal((await check(service, picture, { query: `?lists=${name}` })).body.verdict, "block");
  });

  it("are paged in the order they were added and found by custom_id", async () => {
    const name = await newList();
    const path = `/v1/lists/${name}/entries`;
    for (let index = 0; index < 5; index++) {
      const body = { hashes: { sha1: `${index}`.repeat(40) }, custom_id: `c${index}` };
      await ask(service, "POST", path, { body });
    }
    const pages: string[][] = [];
    for (let after: string | null = ""; after !== null; ) {
      const { body } = await ask(service, "GET", `${path}?limit=2${after === "" ? "" : `&after=${after}`}`);
      pages.push(body.entries.map((entry: { custom_id: string }) => entry.custom_id));
      after = body.next;
    }
    assert.deepEqual(pages, [["c0", "c1"], ["c2", "c3"], ["c4"]]);
    const found = await ask(service, "GET", `${path}?custom_id=c3`);
    assert.deepEqual(
      found.body.entries.map((entry: { custom_id: string }) => entry.custom_id),
      ["c3"],
    );
  });

  it("leave an audit row in the transaction of every change", async () => {
    const name = await newList();
    const { body: entry } = await ask(service, "POST", `/v1/lists/${name}/entries`, {
      body: { hashes: { md5: "a".repeat(32) } },
    });
    await ask(service, "DELETE", `/v1/lists/${name}/entries/${entry.id}`);
    await ask(service, "DELETE", `/v1/lists/${name}`);
    const { rows } = await service.context.db.pool.query(
      "select action, actor from audit where subject in ($1, $2) order by seq",
      [name, entry.id],
    );
    assert.deepEqual(
      rows.map(({ action }) => action),
      ["list.create", "entry.create", "entry.lift", "list.delete"],
    );
    assert.ok(rows.every(({ actor }) => actor === "key_admin"));
  });
});
