import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { detailedPicture } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

const SIGNAL = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";

async function createBank(name: string): Promise<void> {
  const { status, body } = await ask(service, "POST", "/c/banks", { body: { name } });
  assert.equal(status, 201, JSON.stringify(body));
}

async function bankSignal(name: string, fields: object = {}): Promise<number> {
  const { status, body } = await ask(service, "POST", `/c/bank/${name}/signal`, { body: { pdq: SIGNAL, ...fields } });
  assert.equal(status, 200, JSON.stringify(body));
  return body.id;
}

/** The content of one bank that the signal matches now. */
async function found(name: string): Promise<number[]> {
  const { body } = await ask(service, "GET", `/m/raw_lookup?signal_type=pdq&signal=${SIGNAL}&banks=${name}`);
  return body.matches;
}

function photo(bytes: Buffer, fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  form.append("photo", new Blob([bytes]), "x");
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

describe("HMA banks", () => {
  it("are our disallow lists, their names in capitals, there and back for every list", async () => {
    for (const fields of [
      { name: "spam" },
      { name: "my-list_2", enabled: false },
      { name: "2nd" },
      { name: "friends", kind: "allow" },
      { name: "nicknames", kind: "names" },
    ]) {
      assert.equal((await ask(service, "POST", "/v1/lists", { body: fields })).status, 201);
    }
    await createBank("MADE_HERE");
    const { body } = await ask(service, "GET", "/c/banks");
    assert.deepEqual(body, [
      { name: "2ND", matching_enabled_ratio: 1 },
      { name: "MADE_HERE", matching_enabled_ratio: 1 },
      { name: "MY-LIST_2", matching_enabled_ratio: 0 },
      { name: "SPAM", matching_enabled_ratio: 1 },
    ]);
    for (const bank of body) {
      assert.deepEqual((await ask(service, "GET", `/c/bank/${bank.name}`)).body, bank);
      assert.equal((await ask(service, "GET", `/c/bank/${bank.name.toLowerCase()}`)).status, 404);
      assert.equal((await ask(service, "GET", `/v1/lists/${bank.name.toLowerCase()}`)).status, 200);
    }
    for (const name of ["FRIENDS", "NICKNAMES", "%C5%BFPAM", "..", "A%2FB"]) {
      assert.equal((await ask(service, "GET", `/c/bank/${name}`)).status, 404, name);
    }
    // What is found goes by the same name as the bank.
    const id = await bankSignal("2ND");
    const { body: lookup } = await ask(service, "GET", `/m/lookup?signal_type=pdq&signal=${SIGNAL}`);
    assert.deepEqual(lookup, { "2ND": [{ bank_content_id: id, distance: "0" }] });
    assert.equal((await ask(service, "DELETE", "/c/bank/FRIENDS")).status, 200);
    assert.equal((await ask(service, "GET", "/v1/lists/friends")).status, 200, "an allow list is no bank to delete");
    await ask(service, "DELETE", "/c/bank/2ND");
    assert.deepEqual(await found("2ND"), []);
  });

  it("never answer an allow list's match", async () => {
    await ask(service, "POST", "/v1/lists", { body: { name: "allowed", kind: "allow" } });
    await ask(service, "POST", "/v1/lists/allowed/entries", { body: { hashes: { pdq: SIGNAL } } });
    assert.deepEqual(await found("ALLOWED"), []);
    assert.deepEqual((await ask(service, "GET", `/m/lookup?signal_type=pdq&signal=${SIGNAL}`)).body, {});
  });

  it("refuse names and ratios that a list can't have, and tell which", async () => {
    const upper = "Bank names must be UPPER_WITH_UNDERSCORE";
    const here = "Bank names begin with a letter and have at most 64 characters here";
    for (const [fields, message] of [
      [{ name: "01_TEST" }, upper],
      [{ name: "lower" }, upper],
      [{ name: "WITH-DASH" }, upper],
      [{ name: "" }, upper],
      [{ name: "_HIDDEN" }, here],
      [{ name: "A".repeat(65) }, here],
      [{ name: "NEGATIVE", enabled_ratio: -0.5 }, "enabled_ratio has to be from 0 to 1 here, not -0.5"],
      [{ name: "TOO_MUCH", enabled_ratio: "1.5" }, "enabled_ratio has to be from 0 to 1 here, not 1.5"],
    ] as const) {
      const { status, body } = await ask(service, "POST", "/c/banks", { body: fields });
      assert.deepEqual([status, body], [400, { message }], JSON.stringify(fields));
    }
    await createBank("A".repeat(64));
  });

  it("get another name and keep their content, and workflows go on naming them", async () => {
    await createBank("BEFORE");
    await createBank("TAKEN");
    const id = await bankSignal("BEFORE");
    const picture = await detailedPicture(9311);
    await ask(service, "POST", "/c/bank/BEFORE/content", { body: photo(picture) });
    const rules = [
      { when: { score: "unsafe", at_least: 1 }, action: "review", text: "Doubtful" },
      { when: { list: "before" }, action: "reject", text: "Banned" },
      { when: { list: "taken" }, action: "review", text: "Other" },
    ];
    const made = await ask(service, "POST", "/v1/workflows", { body: { name: "Uploads", rules } });

    for (const [name, status, message] of [
      ["TAKEN", 403, "Bank name already exists"],
      ["1_invalid_name", 400, "Bank names must be UPPER_WITH_UNDERSCORE"],
    ] as const) {
      const { status: answered, body } = await ask(service, "PUT", "/c/bank/BEFORE", {
        body: { name, enabled: false },
      });
      assert.deepEqual([answered, body], [status, { message }]);
      assert.deepEqual(await found("BEFORE"), [id], "nothing was changed");
    }
    const renamed = await ask(service, "PUT", "/c/bank/BEFORE", { body: { name: "AFTER", enabled_ratio: 0.5 } });
    assert.deepEqual([renamed.status, renamed.body], [200, { name: "AFTER", matching_enabled_ratio: 0.5 }]);
    assert.equal((await ask(service, "GET", "/c/bank/BEFORE")).status, 404);
    assert.deepEqual([await found("BEFORE"), await found("AFTER")], [[], [id]]);
    assert.equal((await ask(service, "GET", `/c/bank/AFTER/content/${id}`)).body.bank.name, "AFTER");
    const workflow = await ask(service, "GET", `/v1/workflows/${made.body.id}`);
    const lists = workflow.body.rules.map(({ when }: { when: { list?: string } }) => when.list);
    assert.deepEqual(lists, [undefined, "after", "taken"]);
    const checked = await ask(service, "POST", `/v1/workflows/${made.body.id}/check`, { body: picture });
    assert.equal(checked.body.action, "reject");
    // The name is free again.
    await createBank("BEFORE");
  });

  it("take on and off in HMA's words, from the next look-up on", async () => {
    await createBank("SWITCHED");
    const id = await bankSignal("SWITCHED");
    for (const [fields, ratio, matches] of [
      [{ enabled: false }, 0, []],
      [{ enabled: "true" }, 1, [id]],
      [{ enabled_ratio: "0.0" }, 0, []],
      [{ enabled_ratio: 1, name: "SWITCHED" }, 1, [id]],
      [{}, 1, [id]],
    ] as const) {
      const { body } = await ask(service, "PUT", "/c/bank/SWITCHED", { body: fields });
      assert.deepEqual(body, { name: "SWITCHED", matching_enabled_ratio: ratio }, JSON.stringify(fields));
      assert.deepEqual(await found("SWITCHED"), matches, JSON.stringify(fields));
    }
    const off = await ask(service, "POST", "/c/banks", { body: { name: "BORN_OFF", enabled: "false" } });
    assert.equal(off.body.matching_enabled_ratio, 0);
    await ask(service, "PUT", "/c/bank/SWITCHED", { body: { enabled: false } });
    const lots = `/m/lookup?signal_type=pdq&signal=${SIGNAL}&banks=SWITCHED&bypass_coinflip=true`;
    assert.deepEqual((await ask(service, "GET", lots)).body, {}, "a bank that is off is in no look-up");
  });

  it("match in the share of look-ups that their ratio says, drawn by the seed, and keep it in their list", async () => {
    const seeds = Array.from({ length: 40 }, (_, place) => `content-${place}`);
    async function seedsThatMatch(path: string): Promise<Set<string>> {
      const found = new Set<string>();
      for (const seed of seeds) {
        const { body } = await ask(service, "GET", `${path}&banks=DRAWN&seed=${seed}`);
        if (body.DRAWN !== undefined) found.add(seed);
      }
      return found;
    }
    await ask(service, "POST", "/v1/lists", { body: { name: "drawn", metadata: { team: "trust" } } });
    const id = await bankSignal("DRAWN");
    const lookup = `/m/lookup?signal_type=pdq&signal=${SIGNAL}`;
    const shares: Set<string>[] = [];
    for (const ratio of [0.25, 0.75]) {
      const { body } = await ask(service, "PUT", "/c/bank/DRAWN", { body: { enabled_ratio: ratio } });
      assert.deepEqual(body, { name: "DRAWN", matching_enabled_ratio: ratio });
      const list = await ask(service, "GET", "/v1/lists/drawn");
      assert.deepEqual(
        [list.body.enabled, list.body.metadata],
        [true, { team: "trust", hma_enabled_ratio: String(ratio) }],
      );
      const share = await seedsThatMatch(lookup);
      assert.deepEqual(await seedsThatMatch(lookup), share, "a seed draws the same lot again");
      shares.push(share);
    }
    const [few = new Set(), many = new Set()] = shares;
    assert.ok(few.size > 0 && few.size < many.size && many.size < seeds.length, `${few.size} and ${many.size}`);
    assert.ok([...few].every((seed) => many.has(seed)));

    // By file as by signal; the raw look-up and whoever passes the lot over get everything.
    const [unlucky = ""] = seeds.filter((seed) => !many.has(seed));
    const [lucky = ""] = few;
    const picture = await detailedPicture(9310);
    await ask(service, "POST", "/c/bank/DRAWN/content", { body: photo(picture) });
    const byFile = async (query: string) =>
      Object.keys((await ask(service, "POST", `/m/lookup?${query}`, { body: photo(picture) })).body.pdq);
    assert.deepEqual(await byFile(`seed=${lucky}`), ["DRAWN"]);
    assert.deepEqual(await byFile(`seed=${unlucky}`), []);
    assert.deepEqual(await byFile(`seed=${unlucky}&bypass_coinflip=true`), ["DRAWN"]);
    const passed = await ask(service, "GET", `${lookup}&banks=DRAWN&seed=${unlucky}&bypass_coinflip=true`);
    assert.deepEqual(passed.body, { DRAWN: [{ bank_content_id: id, distance: "0" }] });
    assert.deepEqual(await found("DRAWN"), [id]);

    await ask(service, "PUT", "/c/bank/DRAWN", { body: { enabled: true } });
    assert.equal((await ask(service, "GET", "/c/bank/DRAWN")).body.matching_enabled_ratio, 1);
    assert.deepEqual((await ask(service, "GET", "/v1/lists/drawn")).body.metadata, { team: "trust" });
    assert.equal((await seedsThatMatch(lookup)).size, seeds.length);
  });
});

describe("HMA content", () => {
  it("matches by the very next request, stops when it is switched off or deleted, and stays on record", async () => {
    await createBank("LIFE");
    assert.deepEqual(await found("LIFE"), []);
    const id = await bankSignal("LIFE");
    assert.deepEqual(await found("LIFE"), [id]);
    const one = `/c/bank/LIFE/content/${id}`;
    for (const [disable_until_ts, state, matches] of [
      [0, 0, []],
      ["1", 1, [id]],
      ["0", 0, []],
      [1_600_000_000, 1, [id]],
    ] as const) {
      const changed = await ask(service, "PUT", one, { body: { disable_until_ts } });
      assert.deepEqual([changed.status, changed.body.disable_until_ts], [200, state]);
      assert.equal((await ask(service, "GET", one)).body.disable_until_ts, state);
      assert.deepEqual(await found("LIFE"), matches);
    }
    assert.deepEqual((await ask(service, "DELETE", one)).body, { deleted: 1 });
    assert.deepEqual(await found("LIFE"), []);
    assert.equal((await ask(service, "GET", one)).status, 404);
    assert.equal((await ask(service, "PUT", one, { body: { disable_until_ts: 1 } })).status, 404);
    assert.deepEqual((await ask(service, "DELETE", one)).body, { deleted: 0 });
    const record = await ask(service, "GET", "/v1/lists/life/entries?state=all");
    assert.deepEqual([record.body.entries.length, record.body.entries[0].enabled], [1, false]);
    // Banked again, it is the same content, in force.
    assert.equal(await bankSignal("LIFE"), id);
    assert.deepEqual(await found("LIFE"), [id]);
  });

  it("switched off and then deleted is gone as well", async () => {
    await createBank("OFF_AND_GONE");
    const one = `/c/bank/OFF_AND_GONE/content/${await bankSignal("OFF_AND_GONE")}`;
    await ask(service, "PUT", one, { body: { disable_until_ts: 0 } });
    assert.deepEqual((await ask(service, "DELETE", one)).body, { deleted: 1 });
    assert.equal((await ask(service, "GET", one)).status, 404);
  });

  it("can't come back by itself at a later time, which is refused rather than forgotten", async () => {
    await createBank("LATER");
    const id = await bankSignal("LATER");
    const later = Math.floor(Date.now() / 1000) + 86_400;
    const body = { disable_until_ts: later };
    const refused = await ask(service, "PUT", `/c/bank/LATER/content/${id}`, { body });
    assert.equal(refused.status, 400);
    assert.match(refused.body.message, /nothing comes back by itself/);
    assert.deepEqual(await found("LATER"), [id]);
    for (const [value, message] of [
      ["soon", "Invalid int: 'soon'"],
      [null, "Invalid int: 'null'"],
      [-1, "disable_until_ts must be a non-negative integer"],
      [9_999_999_999, "disable_until_ts must be less than 5 years in the future"],
    ]) {
      const options = { body: { disable_until_ts: value } };
      const { status, body: answer } = await ask(service, "PUT", `/c/bank/LATER/content/${id}`, options);
      assert.deepEqual([status, answer], [400, { message }]);
    }
  });

  it("keeps metadata and a note, given as JSON or as form fields, and leaves them out where asked or absent", async () => {
    await createBank("DETAILS");
    const picture = await detailedPicture(9301);
    const metadata = {
      content_id: "ext-123",
      content_uri: "https://example.com/1",
      json: { nested: { key: "value" } },
    };
    const form = photo(picture, { metadata: JSON.stringify({ ...metadata, collab: {} }), note: "Reported by X" });
    const { body } = await ask(service, "POST", "/c/bank/DETAILS/content", { body: form });
    const one = `/c/bank/DETAILS/content/${body.id}`;
    const all = await ask(service, "GET", `${one}?include_signals=TRUE`);
    assert.deepEqual(all.body, {
      id: body.id,
      disable_until_ts: 1,
      original_media_uri: null,
      bank: { name: "DETAILS", matching_enabled_ratio: 1 },
      signals: body.signals,
      metadata: { ...metadata, collab: null },
      note: "Reported by X",
    });
    const less = await ask(service, "GET", `${one}?include_metadata=false`);
    assert.deepEqual(Object.keys(less.body), ["id", "disable_until_ts", "original_media_uri", "bank", "note"]);
    await ask(service, "PUT", one, { body: { disable_until_ts: 0 } });
    const off = await ask(service, "PUT", one, { body: { note: null } });
    assert.deepEqual(
      [off.body.note, off.body.disable_until_ts, off.body.user_metadata],
      [null, 0, { ...metadata, collab: null }],
    );
    const native = await ask(service, "GET", `/v1/lists/details/entries?state=all`);
    assert.equal(native.body.entries[0].custom_id, "ext-123");
  });

  it("keeps JSON of up to 16,000 characters, of whatever alphabet", async () => {
    await createBank("LONG_DETAILS");
    for (const json of [
      { short: "\u{1F600} ".repeat(300) },
      { ascii: '\\"x'.repeat(3000) },
      { mixed: `a${"\u{1F600}é\n".repeat(700)}`, list: [1, null, { deep: "\u2028" }] },
    ]) {
      const path = "/c/bank/LONG_DETAILS/content";
      const picture = await detailedPicture(9320 + Object.keys(json).length + JSON.stringify(json).length);
      const { body } = await ask(service, "POST", path, {
        body: photo(picture, { metadata: JSON.stringify({ json }) }),
      });
      await ask(service, "PUT", `${path}/${body.id}`, { body: { disable_until_ts: 0, note: "off" } });
      const kept = await ask(service, "GET", `${path}/${body.id}`);
      assert.deepEqual(kept.body.metadata.json, json);
    }
  });

  it("is refused details that HMA refuses", async () => {
    await createBank("REFUSED");
    const picture = await detailedPicture(9302);
    const path = "/c/bank/REFUSED/content";
    for (const [fields, message] of [
      [{ metadata: "{" }, /^metadata form field must be valid JSON$/],
      [{ metadata: "[]" }, /^metadata should be a json object$/],
      [{ metadata: '{"invalid_metadata": 5}' }, /^Invalid metadata: Extra inputs are not permitted/],
      [{ metadata: '{"content_id": 5}' }, /^Invalid metadata: content_id should be a valid string/],
      [{ metadata: '{"json": "text"}' }, /^Invalid metadata: json should be a valid dictionary/],
      [{ metadata: '{"content_uri": "a\\u0000b"}' }, /^Invalid metadata: /],
      [{ metadata: JSON.stringify({ json: { long: "x".repeat(16_000) } }) }, /json has at most 16000 characters$/],
      [
        { metadata: JSON.stringify({ json: { long: "\u{1F600}".repeat(2000) } }) },
        /json has at most 16000 characters$/,
      ],
      [{ metadata: JSON.stringify({ content_uri: "x".repeat(1001) }) }, /content_uri has at most 1000 characters/],
      [{ note: "x".repeat(256) }, /^note must be at most 255 characters$/],
    ] as const) {
      const { status, body } = await ask(service, "POST", path, { body: photo(picture, fields) });
      assert.equal(status, 400, JSON.stringify(body));
      assert.match(body.message, message);
    }
    assert.deepEqual((await ask(service, "GET", "/v1/lists/refused/entries")).body.entries, []);
    for (const [body, message] of [
      [{}, "No signals given"],
      [{ note: "alone" }, "No signals given"],
      [[SIGNAL], "No signals given"],
      [{ pdq: "" }, "Invalid pdq signal: invalid PDQ hash"],
      [{ pdq: SIGNAL.toUpperCase() }, "Invalid pdq signal: invalid PDQ hash"],
      [{ pdq: 5 }, "Invalid pdq signal: invalid PDQ hash"],
      [{ video_md5: "xyz" }, "Invalid video_md5 signal: 'xyz' is not a valid MD5 hash"],
      [{ vpdq: "xyz" }, "No such signal type vpdq"],
      [{ pdq: SIGNAL, note: 5 }, "note should be a string"],
    ] as const) {
      const answer = await ask(service, "POST", "/c/bank/REFUSED/signal", { body });
      assert.deepEqual([answer.status, answer.body], [400, { message }], JSON.stringify(body));
    }
  });

  it("is told apart by its bank: another bank's content is not found, and not deleted", async () => {
    await createBank("MINE");
    await createBank("YOURS");
    const id = await bankSignal("MINE");
    assert.equal((await ask(service, "GET", `/c/bank/YOURS/content/${id}`)).status, 404);
    assert.deepEqual((await ask(service, "DELETE", `/c/bank/YOURS/content/${id}`)).body, { deleted: 0 });
    assert.deepEqual(await found("MINE"), [id]);
    for (const none of ["0", "999999999", "9".repeat(40)]) {
      const { status, body } = await ask(service, "GET", `/c/bank/MINE/content/${none}`);
      assert.deepEqual([status, body], [404, { message: `content '${none}' not found` }]);
    }
  });
});

describe("HMA configuration", () => {
  it("tells the fixed signal and content types, and that there are no exchanges", async () => {
    const none = { message: "Exchange 'TEST' not found" };
    for (const [method, path, status, body] of [
      [
        "GET",
        "/c/content_type",
        200,
        [
          { name: "photo", enabled: true },
          { name: "video", enabled: true },
        ],
      ],
      ["PUT", "/c/signal_type/pdq", 400, { message: "Signal types are fixed here" }],
      ["GET", "/c/exchanges", 200, []],
      ["GET", "/c/exchanges/api/ncmec/schema", 404, { message: "Exchange API 'ncmec' not found" }],
      ["GET", "/c/exchange/TEST", 404, none],
      ["PUT", "/c/exchange/TEST", 404, none],
      ["POST", "/c/exchange/TEST/credentials", 404, none],
      ["DELETE", "/c/exchange/TEST", 200, { message: "Exchange deleted" }],
    ] as const) {
      const answer = await ask(service, method, path);
      assert.deepEqual([answer.status, answer.body], [status, body], `${method} ${path}`);
    }
    const types = await (await service.request("/c/signal_type")).text();
    assert.equal(types, '[{"name":"pdq","enabled_ratio":1.0},{"name":"video_md5","enabled_ratio":1.0}]');
  });
});
