import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { MAX_IMAGE_BYTES } from "../../src/services/image-source.ts";
import { assertCleanError } from "../support/clean-error.ts";
import { type PictureOrigin, startPictureOrigin } from "../support/picture-origin.ts";
import { detailedPicture } from "../support/pictures.ts";
import { exchange } from "../support/raw-exchange.ts";
import { type Answer, ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

const PATH = "/v1/profiles/check";

let service: TestService;
let origin: PictureOrigin;
before(async () => {
  service = await startService();
  origin = await startPictureOrigin();
});
after(async () => {
  await origin.close();
  await service.close();
});

function fixture(name: "Porn" | "Hentai" | "Neutral" | "Drawing" | "Sexy"): Promise<Buffer> {
  return readFile(new URL(`../fixtures/model/${name}.png`, import.meta.url));
}

async function base64(picture: Promise<Buffer>): Promise<string> {
  return (await picture).toString("base64");
}

async function profile(
  body: unknown,
  options: Omit<NonNullable<Parameters<typeof ask>[3]>, "body"> = {},
): Promise<Answer> {
  return await ask(service, "POST", PATH, { ...options, body });
}

let made = 0;
async function newList(fields: object, ...entries: (object | Buffer)[]): Promise<string> {
  const name = `profiles-${++made}`;
  assert.equal((await ask(service, "POST", "/v1/lists", { body: { name, ...fields } })).status, 201);
  for (const body of entries) {
    assert.equal((await ask(service, "POST", `/v1/lists/${name}/entries`, { body })).status, 201);
  }
  return name;
}

function codes({ body }: Answer): string[] {
  return body.reasons.map(({ code }: { code: string }) => code);
}

async function remaining(key: string): Promise<number> {
  return (await ask(service, "GET", "/v1/quota", { key })).body.remaining;
}

describe("the check of a profile", () => {
  it("removes who has a known spambot's name, and tells which pattern of which list it is", async () => {
    const list = await newList(
      { kind: "names" },
      { pattern: "paypal", custom_id: "case-9" },
      { pattern: "^bot\\d+", syntax: "regex" },
    );
    const found = await profile({ id: "user-1", name: "РауРaI  Support", lists: list });
    assert.equal(found.status, 200);
    const { id, action, reasons, name, picture, safe, error, quota } = found.body;
    assert.deepEqual([id, action, picture, safe, error, quota.charged], ["user-1", "remove", null, null, null, 0]);
    assert.deepEqual(codes(found), ["name_match"]);
    assert.match(reasons[0].message, new RegExp(`"paypal" \\(substring\\) of the list ${list}`));
    assert.equal(name.folded, "paypai support");
    const [match] = name.matches;
    assert.deepEqual(
      [match.list, match.custom_id, match.pattern, match.syntax, match.matched_text, name.matches.length],
      [list, "case-9", "paypal", "substring", "paypal", 1],
    );
    assert.match(match.entry_id, /^ent_/);
    const regex = await profile({ name: "BOT2010", lists: [list] });
    assert.deepEqual([regex.body.action, regex.body.name.matches[0].matched_text], ["remove", "BOT2010"]);
    const clean = await profile({ name: "Mary", lists: list });
    assert.deepEqual(
      [clean.body.action, clean.body.reasons, clean.body.name],
      ["keep", [], { folded: "mary", matches: [] }],
    );
  });

  it("removes who has a picture less than 40 % safe, or than the request says", async () => {
    const labels = ["Porn", "Hentai", "Neutral", "Drawing", "Sexy"] as const;
    for (const label of labels) {
      const image = await base64(fixture(label));
      const answer = await profile({ name: "Mary", image });
      const { scores } = answer.body.picture.classification;
      const safe = scores.neutral + scores.drawing;
      assert.ok(Math.abs(answer.body.safe - safe) < 1e-6, label);
      const removed = ["Porn", "Hentai", "Sexy"].includes(label);
      assert.equal(answer.body.safe < 0.4, removed, label);
      assert.deepEqual([answer.body.action, codes(answer)], removed ? ["remove", ["picture_unsafe"]] : ["keep", []]);
      const atLimit = await profile({ image, remove_below: answer.body.safe });
      assert.equal(atLimit.body.action, "keep", "a share that is not below");
      assert.equal((await profile({ image, remove_below: 0 })).body.action, "keep");
      const strict = await profile({ image, remove_below: 1 });
      assert.equal(strict.body.action, answer.body.safe < 1 ? "remove" : "keep");
    }
  });

  it("goes by the lists: a banned picture or name removes, one to be reviewed is reviewed, an allowed picture is safe", async () => {
    const picture = await detailedPicture(8201);
    const image = picture.toString("base64");
    const block = await newList({}, picture);
    const review = await newList({ action: "review" }, picture);
    const names = await newList({ kind: "names", action: "review" }, { pattern: "dubious" });
    const porn = await fixture("Porn");
    const allow = await newList({ kind: "allow" }, picture, porn);
    const cases: readonly (readonly [object, string, readonly string[]])[] = [
      [{ image, lists: [block] }, "remove", ["list_match"]],
      [{ image, lists: [review] }, "review", ["list_match"]],
      [{ image, lists: [review, block] }, "remove", ["list_match", "list_match"]],
      [{ image, lists: [review, names], name: "dubious" }, "review", ["name_match", "list_match"]],
      [{ name: "dubious", lists: [names] }, "review", ["name_match"]],
      [{ name: "dubious", image, lists: [names] }, "review", ["name_match"]],
      [{ name: "dubious", image, lists: [block] }, "remove", ["list_match"]],
      [{ image, lists: [block, allow] }, "keep", ["allow_list_match"]],
      [{ image: porn.toString("base64"), lists: [allow] }, "keep", ["allow_list_match"]],
      [
        { name: "dubious", image: porn.toString("base64"), lists: [allow, names] },
        "review",
        ["name_match", "allow_list_match"],
      ],
      [{ name: "dubious", image, lists: [] }, "keep", []],
      [{ name: "dubious", image, lists: "" }, "keep", []],
      [{ name: "dubious", image, lists: `${names}, ${block}` }, "remove", ["name_match", "list_match"]],
    ];
    for (const [body, action, reasons] of cases) {
      // The model takes pictures of discs for all sorts of things.
      const answer = await profile({ ...body, remove_below: 0 });
      const what = JSON.stringify({ ...body, image: undefined });
      assert.deepEqual([answer.body.action, codes(answer).sort()], [action, [...reasons].sort()], what);
    }
    const all = await profile({ name: "dubious", image, remove_below: 0 });
    assert.deepEqual([all.body.action, codes(all)], ["review", ["name_match", "allow_list_match"]]);
    for (const name of [block, review, names, allow]) await ask(service, "DELETE", `/v1/lists/${name}`);
  });

  it("takes a picture in any form, and answers with the native check of it", async () => {
    const picture = await detailedPicture(8202);
    origin.serve("/a.png", picture);
    const list = await newList({ kind: "names" }, { pattern: "paypal" });
    const url = `${origin.url}/a.png`;
    const form = new FormData();
    form.set("image", new Blob([Uint8Array.from(picture)], { type: "image/png" }), "a.png");
    form.set("name", "paypal");
    form.set("lists", list);
    form.set("id", "7");
    form.set("remove_below", "0.2");
    const withUrl = new FormData();
    for (const [name, value] of Object.entries({ url, name: "paypal", lists: list, id: "7" })) withUrl.set(name, value);
    const image = picture.toString("base64");
    const bodies = [
      { id: "7", name: "paypal", url, lists: list },
      { id: "7", name: "paypal", image, lists: list },
      { id: "7", name: "paypal", image: `data:image/png;base64,${image}`, lists: list },
      form,
      withUrl,
      new URLSearchParams({ id: "7", name: "paypal", url, lists: list }),
    ];
    const { body: native } = await check(service, picture, { query: "?lists=" });
    for (const body of bodies) {
      const answer = await profile(body);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.deepEqual([answer.body.id, answer.body.action, answer.body.error], ["7", "remove", null]);
      const { picture: checked } = answer.body;
      assert.deepEqual(
        [checked.verdict, checked.fingerprint, checked.matches],
        [native.verdict, native.fingerprint, []],
      );
      assert.equal(checked.seen.exact, true);
    }
    const raw = await profile(picture, { headers: { "content-type": "image/png" } });
    assert.deepEqual([raw.body.name, raw.body.picture.fingerprint.sha256], [null, native.fingerprint.sha256]);
  });

  it("asks for a review where the picture can't be read, and removes by the name all the same", async () => {
    const list = await newList({ kind: "names" }, { pattern: "paypal" });
    const broken: readonly (readonly [object, string])[] = [
      [{ image: "@@@" }, "image_unreadable"],
      [{ image: "" }, "image_empty"],
      [{ image: Buffer.from("not an image, but text").toString("base64") }, "image_unreadable"],
      [{ image: (await fixture("Neutral")).subarray(0, 5000).toString("base64") }, "image_truncated"],
      [{ image: Buffer.alloc(MAX_IMAGE_BYTES + 1).toString("base64") }, "image_too_many_bytes"],
      [{ url: `${origin.url}/none.png` }, "url_unreachable"],
      [{ url: "ftp://127.0.0.1/a.png" }, "url_malformed"],
      [{ url: "no url" }, "url_malformed"],
    ];
    for (const [picture, code] of broken) {
      const { status, body } = await profile({ name: "Mary", ...picture, lists: list });
      assert.equal(status, 200, JSON.stringify(body));
      assert.deepEqual([body.action, body.picture, body.safe, body.error.code], ["review", null, null, code]);
      assert.deepEqual([body.reasons[0].code, body.quota.charged], ["picture_unreadable", 0]);
      assertCleanError(
        { status: body.error.status, headers: new Headers({ "content-type": "application/problem+json" }) },
        JSON.stringify(body.error).replaceAll(/127\.0\.0\.1:\d+/g, "host"),
      );
      const named = await profile({ name: "paypal", ...picture, lists: list });
      assert.deepEqual([named.body.action, codes(named)], ["remove", ["name_match", "picture_unreadable"]]);
    }
  });

  it("compares what it can in time with hostile expressions, and removes by what it has found", async () => {
    const hostile = await newList({ kind: "names" });
    const plain = await newList({ kind: "names" }, { pattern: "paypal" }, { pattern: "^pay\\d*pal", syntax: "regex" });
    // Thousands of milliseconds of computing for one name; by the API they would take as many calls.
    await service.context.db.pool.query(
      `insert into entry (list_id, identity, source, detail, created_by, pattern, pattern_syntax)
       select id, sha256(pattern::bytea), 'pattern', 'insufficient', 'test', pattern, 'regex'
       from list, (select '(?:[a-z].?){30}[0-9]{2}[^a-z0-9]{' || number || '}$' from generate_series(2, 32) as number) as n (end_of)
       , generate_series(2, 60) as first, concat('[a-y]{', first, '}', end_of) as pattern
       where name = $1`,
      [hostile],
    );
    const lists = [hostile, plain];
    const name = "ab".repeat(240);
    const alone = await profile({ name, lists });
    assert.deepEqual([alone.status, alone.body.code], [503, "overloaded"]);
    const both = await profile({ profiles: [{ name }, { name: `paypal ${name}` }, { name: "" }], lists });
    const [unknown, banned] = both.body.profiles;
    assert.deepEqual([unknown.action, unknown.name, unknown.error.code], ["review", null, "overloaded"]);
    assert.deepEqual([banned.action, banned.error.code], ["remove", "overloaded"]);
    assert.deepEqual(
      banned.name.matches.map(({ syntax }: { syntax: string }) => syntax),
      ["substring", "regex"],
    );
    assert.equal((await profile({ name, lists: [plain] })).body.action, "keep");
    await ask(service, "DELETE", `/v1/lists/${hostile}`);
    await ask(service, "DELETE", `/v1/lists/${plain}`);
  });

  it("refuses what is no profile", async () => {
    const image = await base64(fixture("Neutral"));
    const cases: readonly (readonly [unknown, string, string | undefined])[] = [
      [{}, "parameter_invalid", "name"],
      [{ id: "1" }, "parameter_invalid", "name"],
      [[], "parameter_invalid", undefined],
      ["null", "parameter_invalid", undefined],
      [{ name: 7 }, "parameter_invalid", "name"],
      [{ name: null }, "parameter_invalid", "name"],
      [{ name: "a", image, url: "http://127.0.0.1/" }, "parameter_invalid", "url"],
      [{ name: "a", surprise: 1 }, "parameter_invalid", "surprise"],
      [{ name: "a", remove_below: 1.5 }, "parameter_invalid", "remove_below"],
      [{ name: "a", remove_below: "0.5" }, "parameter_invalid", "remove_below"],
      [{ name: "a", lists: ["Not A Name"] }, "parameter_invalid", "lists[0]"],
      [{ name: "a", lists: "nowhere" }, "list_not_found", "lists"],
      [{ name: "a".repeat(501) }, "parameter_invalid", "name"],
      [{ name: "a".repeat(1024 * 1024) }, "parameter_invalid", "name"],
      [{ profiles: [] }, "parameter_invalid", "profiles"],
      [{ profiles: {} }, "parameter_invalid", "profiles"],
      [{ profiles: [{ name: "a" }], name: "a" }, "parameter_invalid", "name"],
      [{ profiles: [{ name: "a" }, {}] }, "parameter_invalid", "profiles[1].name"],
      [{ profiles: [{ name: "a", lists: "b" }] }, "parameter_invalid", "profiles[0].lists"],
      [{ profiles: Array.from({ length: 101 }, () => ({ name: "a" })) }, "parameter_invalid", "profiles"],
      [new URLSearchParams({ name: "a", remove_below: "half" }), "parameter_invalid", "remove_below"],
      [new URLSearchParams({ lists: "a" }), "parameter_invalid", "name"],
      ["{", "body_malformed", undefined],
    ];
    for (const [body, code, field] of cases) {
      const { status, headers, body: refused } = await profile(body);
      const what = `${JSON.stringify(body).slice(0, 80)}: ${JSON.stringify(refused)}`;
      assert.deepEqual([refused.code, refused.field], [code, field], what);
      assertCleanError({ status, headers }, JSON.stringify(refused));
    }
  });

  it("takes 32 MiB of JSON, and says so to who sends more", async () => {
    const { port } = new URL(service.url);
    const head = [
      `POST ${PATH} HTTP/1.1`,
      "Host: a",
      `Authorization: Bearer ${service.adminKey}`,
      "Content-Type: application/json",
      `Content-Length: ${33 * 1024 * 1024}`,
    ];
    const [answer] = await exchange(Number(port), Buffer.from(`${head.join("\r\n")}\r\n\r\n`));
    assert.ok(answer !== undefined);
    assertCleanError(answer, answer.body);
    const { code, detail } = JSON.parse(answer.body);
    assert.equal(code, "body_too_large");
    assert.match(detail, /at most 33554432 bytes for body/);
  });

  it("compares hostile names as what can be seen of them", async () => {
    const list = await newList({ kind: "names" }, { pattern: "paypal" });
    for (const name of [
      "pay\u0000pal",
      "pay\ud800\u200bpal",
      "\ud800paypal\udfff",
      "p\u0336".concat("\u0336".repeat(400), "aypal"),
    ]) {
      const { status, body } = await profile({ name, lists: list });
      assert.equal(status, 200);
      assert.equal(body.action, name.includes("\ud800\u200b") ? "keep" : "remove", JSON.stringify(name));
      assert.doesNotMatch(body.name.folded, /\0|\p{Cs}|\u0336/u);
    }
    assert.equal((await profile({ name: "", lists: list })).body.action, "keep");
  });

  it("needs no key, or one with the scope to check", async () => {
    const lists = await service.createKey({ name: "lists", scopes: ["lists"] });
    const only = await service.createKey({ name: "check", scopes: ["check"] });
    assert.deepEqual([(await profile({ name: "a" }, { key: lists.key })).body.code], ["scope_missing"]);
    assert.equal((await profile({ name: "a" }, { key: "wrong" })).body.code, "credentials_invalid");
    assert.equal((await profile({ name: "a" }, { key: only.key })).status, 200);
    assert.equal((await profile({ name: "a" }, { key: null })).status, 200);
  });
});

describe("the check of many profiles", () => {
  it("answers each of a hundred by itself, in their order, whatever is wrong with others", async () => {
    const list = await newList({ kind: "names" }, { pattern: "paypal" });
    const neutral = await base64(fixture("Neutral"));
    const porn = await base64(fixture("Porn"));
    const kinds = [
      { name: "Mary" },
      { name: "paypal" },
      { name: "Mary", image: porn },
      { image: neutral },
      { name: "Mary", image: "@@" },
      { name: "a".repeat(501) },
      { name: "a".repeat(501), image: porn },
      { name: "Mary", url: `${origin.url}/none.png` },
    ];
    const expected = ["keep", "remove", "remove", "keep", "review", "review", "remove", "review"];
    const errors = [
      null,
      null,
      null,
      null,
      "image_unreadable",
      "parameter_invalid",
      "parameter_invalid",
      "url_unreachable",
    ];
    const profiles = Array.from({ length: 100 }, (_, index) => ({
      id: `member-${index}`,
      ...kinds[index % kinds.length],
    }));
    const { status, body } = await profile({ profiles, lists: list });
    assert.equal(status, 200, JSON.stringify(body).slice(0, 500));
    assert.equal(body.profiles.length, 100);
    for (const [index, answer] of body.profiles.entries()) {
      const kind = index % kinds.length;
      assert.equal(answer.id, `member-${index}`);
      assert.deepEqual(
        [answer.action, answer.error?.code ?? null],
        [expected[kind], errors[kind]],
        JSON.stringify(kinds[kind]).slice(0, 80),
      );
      assert.equal(answer.picture !== null, [2, 3, 6].includes(kind));
    }
    assert.deepEqual(Object.keys(body).sort(), ["profiles", "quota"]);
  });

  it("charges each new picture once: none for names, repeats and failures, exactly what is left where it runs out", async () => {
    const { key } = await service.createKey({ name: "bulk", quota: { limit: 5, period: "day" } });
    const pictures = await Promise.all(
      Array.from({ length: 8 }, (_, index) => detailedPicture(8300 + index, 320, 240)),
    );
    const images = pictures.map((picture) => picture.toString("base64"));
    const [first, second, ...others] = images;
    const names = await profile({ profiles: [{ name: "a" }, { name: "b" }] }, { key });
    assert.deepEqual([names.body.quota.charged, names.body.quota.remaining], [0, 5]);
    origin.serve("/again.png", pictures[0]!);
    const again = `${origin.url}/again.png`;
    const same = { profiles: [{ image: first }, { image: first }, { image: "@@" }, { image: second }, { url: again }] };
    const { body } = await profile(same, { key });
    const [asBytes, ...chargedFor] = body.profiles.map((each: { quota: { charged: number } }) => each.quota.charged);
    const byUrl = chargedFor.pop();
    // The same picture in two forms: whichever is read first pays.
    assert.deepEqual([asBytes + byUrl, ...chargedFor], [1, 0, 0, 1]);
    assert.deepEqual([body.quota.charged, body.quota.remaining, await remaining(key)], [2, 3, 3]);
    const repeated = await profile(same, { key });
    assert.deepEqual([repeated.body.quota.charged, await remaining(key)], [0, 3]);
    const rest = await profile({ profiles: others.map((image) => ({ name: "Mary", image })) }, { key });
    assert.equal(rest.status, 200);
    const failed = rest.body.profiles.filter(({ error }: { error: unknown }) => error !== null);
    const charged = rest.body.profiles.filter(({ quota }: { quota: { charged: number } }) => quota.charged === 1);
    assert.deepEqual([failed.length, charged.length, rest.body.quota.charged, await remaining(key)], [3, 3, 3, 0]);
    for (const answer of failed) {
      assert.deepEqual([answer.error.code, answer.action, answer.name.folded], ["quota_exceeded", "review", "mary"]);
      assert.equal(answer.reasons[0].code, "unchecked");
      assert.ok(answer.error.retry_after_seconds > 0);
    }
    assert.equal(
      (await profile({ profiles: [{ image: first }] }, { key })).body.profiles[0].error,
      null,
      "a repeat goes on",
    );
  });

  it("charges exactly what there is to parallel calls", async () => {
    const { key } = await service.createKey({ name: "parallel", quota: { limit: 4, period: "day" } });
    const images = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => (await detailedPicture(8320 + index, 320, 240)).toString("base64")),
    );
    const calls = [images.slice(0, 4), images.slice(2, 6), images.slice(1, 5)].map((some) =>
      profile({ profiles: some.map((image) => ({ image })) }, { key }),
    );
    const answers = (await Promise.all(calls)).flatMap(({ body }) => body.profiles);
    const charged = answers.reduce((sum: number, { quota }: { quota: { charged: number } }) => sum + quota.charged, 0);
    assert.deepEqual([charged, await remaining(key)], [4, 0]);
    for (const { error, picture } of answers) assert.ok((error === null) !== (picture === null));
  });

  it("counts the same picture once for callers without a key too, for whom repeats cost", async () => {
    const image = (await detailedPicture(8330, 320, 240)).toString("base64");
    const before = (await ask(service, "GET", "/v1/quota", { key: null })).body.remaining;
    const twice = await profile({ profiles: [{ image }, { image }] }, { key: null });
    assert.deepEqual([twice.body.quota.charged, twice.body.quota.remaining], [1, before - 1]);
    const once = await profile({ image }, { key: null });
    assert.deepEqual([once.body.quota.charged, once.body.quota.remaining], [1, before - 2]);
  });
});

describe("a profile by itself without quota", () => {
  it("is refused as any check is, unless its name decides", async () => {
    const list = await newList({ kind: "names" }, { pattern: "paypal" });
    const { key } = await service.createKey({ name: "nothing", quota: { limit: 0, period: "none" } });
    const image = (await detailedPicture(8340, 320, 240)).toString("base64");
    const refused = await profile({ name: "Mary", image, lists: list }, { key });
    assert.deepEqual([refused.status, refused.body.code], [429, "quota_exceeded"]);
    const removed = await profile({ name: "paypal", image, lists: list }, { key });
    assert.deepEqual([removed.status, removed.body.action, removed.body.error.code], [200, "remove", "quota_exceeded"]);
    assert.deepEqual(codes(removed), ["name_match", "unchecked"]);
    assert.equal((await profile({ name: "Mary", lists: list }, { key })).body.action, "keep");
  });
});

describe("a profile check with an Idempotency-Key", () => {
  it("is answered once, and charged once", async () => {
    const { key } = await service.createKey({ name: "once", quota: { limit: 5, period: "day" } });
    const image = (await detailedPicture(8350, 320, 240)).toString("base64");
    const options = { key, headers: { "idempotency-key": "profiles-1" } };
    const first = await profile({ profiles: [{ name: "a", image }] }, options);
    const second = await profile({ profiles: [{ name: "a", image }] }, options);
    assert.deepEqual(second.body, first.body);
    assert.deepEqual([second.headers.get("idempotent-replayed"), await remaining(key)], ["true", 4]);
    assert.equal((await profile({ name: "b" }, options)).body.code, "idempotency_key_reused");
  });

  it("runs again where a part of it may do better, and charges what it hasn't charged yet", async () => {
    const { key, id } = await service.createKey({ name: "again", quota: { limit: 2, period: "day" } });
    const images = await Promise.all(
      Array.from({ length: 3 }, async (_, index) => (await detailedPicture(8360 + index, 320, 240)).toString("base64")),
    );
    const body = { profiles: images.map((image) => ({ image })) };
    const options = { key, headers: { "idempotency-key": "profiles-2" } };
    assert.equal((await profile(body, options)).body.quota.charged, 2);
    await ask(service, "PATCH", `/v1/keys/${id}`, { body: { quota: { limit: 10, period: "day" } } });
    const again = await profile(body, options);
    assert.equal(again.headers.get("idempotent-replayed"), null);
    assert.deepEqual([again.body.quota.charged, again.body.quota.remaining], [1, 7]);
    assert.ok(again.body.profiles.every(({ error }: { error: unknown }) => error === null));
    assert.equal((await profile(body, options)).headers.get("idempotent-replayed"), "true");
    assert.equal(await remaining(key), 7);
  });

  it("owes nothing again without a key either, and what is new all the same", async () => {
    const images = await Promise.all(
      [8370, 8371].map(async (seed) => (await detailedPicture(seed, 320, 240)).toString("base64")),
    );
    const url = `${origin.url}/later.png`;
    const body = { profiles: [{ url }, ...images.map((image) => ({ image }))] };
    const options = { key: null, headers: { "idempotency-key": "profiles-3" } };
    const before = (await ask(service, "GET", "/v1/quota", { key: null })).body.remaining;
    const first = await profile(body, options);
    assert.deepEqual([first.body.profiles[0].error.code, first.body.quota.remaining], ["url_unreachable", before - 2]);
    origin.serve("/later.png", await detailedPicture(8372, 320, 240));
    const second = await profile(body, options);
    assert.equal(second.body.profiles[0].error, null);
    assert.deepEqual([second.body.quota.charged, second.body.quota.remaining], [3, before - 3]);
  });
});
