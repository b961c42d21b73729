import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import sharp from "sharp";
import { fixture } from "../support/fixtures.ts";
import { httpAnswer, withImageOrigin } from "../support/image-origin.ts";
import { detailedPicture, flatPicture, shrunkCopy } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";
import { callSightengine, type SightengineCall } from "../support/sightengine-call.ts";

let service: TestService;
let checker: { id: string; secret: string; key: string };
before(async () => {
  service = await startService();
  checker = await service.createKey({ name: "checker", scopes: ["check"] });
});
after(() => service.close());

const call = (given: Omit<SightengineCall, "key"> & { key?: SightengineCall["key"] }) =>
  callSightengine(service, { key: checker, ...given });

// biome-ignore lint/suspicious/noExplicitAny: tests read answers by the paths that they assert.
type Json = any;

async function checked(name: string, models: string): Promise<Json> {
  const { http, body } = await call({ media: await fixture(name), parameters: { models } });
  assert.equal(http, 200, JSON.stringify(body));
  return body;
}

/** Every number in an object by its path. */
function scores(value: object, path = ""): Record<string, number> {
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, inner]) => {
      return typeof inner === "number" ? { [path + name]: inner } : scores(inner, `${path}${name}.`);
    }),
  );
}

const CLEAVAGE = ["very_revealing", "revealing", "none"].map(
  (name) => `suggestive_classes.cleavage_categories.${name}`,
);
const CHEST = ["very_revealing", "revealing", "slightly_revealing", "none"].map(
  (name) => `suggestive_classes.male_chest_categories.${name}`,
);
const GARMENTS = ["bikini", "cleavage", "lingerie", "male_chest", "male_underwear", "miniskirt", "other"];
const NEW_IN_21 = [
  ...["minishort", "nudity_art", "schematic", "sextoy", "suggestive_focus", "suggestive_pose"],
  ...["swimwear_male", "swimwear_one_piece", "visibly_undressed"],
];
const within = (names: readonly string[]) => names.map((name) => `suggestive_classes.${name}`);
const CONTEXT = ["context.sea_lake_pool", "context.outdoor_other", "context.indoor_other"];
/** What the vendor's page of nudity-2.1 has in its answer. */
const PATHS_21 = [
  ...["sexual_activity", "sexual_display", "erotica", "very_suggestive", "suggestive", "mildly_suggestive", "none"],
  ...within([...GARMENTS, ...NEW_IN_21]),
  ...CLEAVAGE,
  ...CHEST,
  ...CONTEXT,
];
const PATHS_20 = [
  ...["sexual_activity", "sexual_display", "sextoy", "erotica", "suggestive", "none"],
  ...within(GARMENTS),
  ...CLEAVAGE,
  ...CHEST,
  ...CONTEXT,
];

describe("Sightengine's nudity-2.1", () => {
  it("has all classes of the vendor's page in its nesting, with scores of 0..1", async () => {
    const { nudity } = await checked("Neutral", "nudity-2.1");
    const found = scores(nudity);
    assert.deepEqual(Object.keys(found).sort(), [...PATHS_21].sort());
    assert.ok(Object.values(found).every((score) => score >= 0 && score <= 1));
  });

  it("is inclusive: each level at least as high as the one above it, for pictures of every label", async () => {
    for (const name of ["Porn", "Hentai", "Sexy", "Neutral", "Drawing"]) {
      const { nudity } = await checked(name, "nudity-2.1");
      const levels = [nudity.sexual_display, nudity.erotica, nudity.very_suggestive, nudity.suggestive];
      for (const [place, score] of [...levels, nudity.mildly_suggestive].entries()) {
        assert.ok(score >= (levels[place - 1] ?? 0), `${name} ${JSON.stringify(nudity)}`);
      }
      assert.ok(Math.abs(nudity.mildly_suggestive + nudity.none - 1) < 0.001, name);
      const explicit = name === "Porn" || name === "Hentai";
      assert.equal(nudity.sexual_display > 0.9 && nudity.erotica > 0.9, explicit, name);
      assert.equal(nudity.suggestive > 0.5 && nudity.mildly_suggestive > 0.5, explicit || name === "Sexy", name);
      assert.equal(nudity.none > 0.9, name === "Neutral" || name === "Drawing", name);
    }
  });

  it("answers 0 for classes that the model's labels can't tell apart, and names every one of them", async () => {
    const { nudity, lookalike } = await checked("Hentai", "nudity-2.1");
    const supported = ["sexual_display", "erotica", "very_suggestive", "suggestive", "mildly_suggestive", "none"];
    supported.push("suggestive_classes.cleavage_categories.none", "suggestive_classes.male_chest_categories.none");
    const unsupported = PATHS_21.filter((path) => !supported.includes(path));
    assert.deepEqual([...lookalike.unsupported_classes].sort(), unsupported.map((path) => `nudity.${path}`).sort());
    const found = scores(nudity);
    for (const path of unsupported) assert.equal(found[path], 0, path);
    // Clients let art pass.
    assert.equal(nudity.suggestive_classes.nudity_art, 0);
  });
});

describe("Sightengine's nudity-2.0 and nudity", () => {
  it("2.0 is exclusive: the most explicit class wins, and the scores add up to 1", async () => {
    for (const [name, winner] of [
      ["Porn", "sexual_display"],
      ["Hentai", "sexual_display"],
      ["Sexy", "suggestive"],
      ["Neutral", "none"],
      ["Drawing", "none"],
    ] as const) {
      const { nudity, lookalike } = await checked(name, "nudity-2.0");
      assert.deepEqual(Object.keys(scores(nudity)).sort(), [...PATHS_20].sort());
      const { sexual_activity, sexual_display, sextoy, erotica, suggestive, none } = nudity;
      const exclusive = { sexual_activity, sexual_display, sextoy, erotica, suggestive, none };
      const sum = Object.values(exclusive).reduce((total, score) => total + score, 0);
      assert.ok(Math.abs(sum - 1) < 0.001, `${name} ${sum}`);
      assert.ok(nudity[winner] > 0.7, `${name} ${JSON.stringify(exclusive)}`);
      assert.ok(lookalike.unsupported_classes.includes("nudity.erotica"));
    }
  });

  it("the first version has raw, partial and safe, which add up to 1", async () => {
    for (const [name, winner] of [
      ["Porn", "raw"],
      ["Hentai", "raw"],
      ["Sexy", "partial"],
      ["Neutral", "safe"],
      ["Drawing", "safe"],
    ] as const) {
      const { nudity, lookalike } = await checked(name, "nudity");
      assert.deepEqual(Object.keys(nudity).sort(), ["partial", "raw", "safe"]);
      assert.ok(Math.abs(nudity.raw + nudity.partial + nudity.safe - 1) < 0.001, name);
      assert.ok(nudity[winner] > 0.7, name);
      assert.equal(lookalike.unsupported_classes, undefined);
    }
  });

  it("the first version and a later one stand side by side; 2.0 and 2.1 together are an argument_error", async () => {
    const { nudity, request } = await checked("Porn", "nudity,nudity-2.1");
    assert.ok(nudity.raw > 0.9 && nudity.erotica > 0.9);
    assert.equal(request.operations, 2);
    const { http, body } = await call({
      media: await fixture("Porn"),
      parameters: { models: "nudity-2.0,nudity-2.1" },
    });
    assert.deepEqual([http, body.error.type], [400, "argument_error"]);
  });
});

describe("Sightengine's type, and models that can't be served", () => {
  it("tells photos from illustrations, safe or not", async () => {
    for (const [name, photo] of [
      ["Porn", true],
      ["Sexy", true],
      ["Neutral", true],
      ["Hentai", false],
      ["Drawing", false],
    ] as const) {
      const { type, nudity } = await checked(name, "type");
      assert.deepEqual(Object.keys(type).sort(), ["illustration", "photo"]);
      assert.ok((photo ? type.photo : type.illustration) > 0.9, name);
      assert.ok(Math.abs(type.photo + type.illustration - 1) < 0.001, name);
      assert.equal(nudity, undefined, "only what was asked");
    }
  });

  it("names every model that it has nothing for in an argument_error, and charges nothing", async () => {
    const key = await service.createKey({ name: "models", quota: { limit: 9, period: "day" } });
    const media = await fixture("Neutral");
    for (const [models, named] of [
      ["genai", "genai"],
      ["nudity,wad,offensive", "wad, offensive"],
      ["nudity-2.1,__proto__", "__proto__"],
      ["face-attributes,type,celebrities", "face-attributes, celebrities"],
    ] as const) {
      const { http, body } = await call({ key, media, parameters: { models } });
      assert.deepEqual([http, body.status, body.error.type], [400, "failure", "argument_error"], models);
      const words = `Expected nudity-2.1, nudity-2.0, nudity, type for models but received ${named}, for which this service has no model`;
      assert.equal(body.error.message, words);
      assert.equal(body.request.operations, 0);
    }
    const legacy = await call({ key, media, path: "/1.0/wad.json" });
    assert.deepEqual([legacy.http, legacy.body.error.type], [400, "argument_error"]);
    assert.match(legacy.body.error.message, /received wad/);
    assert.equal((await ask(service, "GET", "/v1/quota", { key: key.key })).body.remaining, 9);
  });

  it("answers a single model at its own path", async () => {
    const { http, body } = await call({ media: await fixture("Porn"), path: "//1.0/nudity-2.1.json" });
    assert.equal(http, 200);
    assert.ok(body.nudity.erotica > 0.9);
    assert.equal(body.request.operations, 1);
  });
});

describe("Sightengine's request and media", () => {
  it("has ids of its forms, a time with microseconds, and the operations as a whole number", async () => {
    const before = Date.now() / 1000;
    const { request, media } = await checked("Neutral", "nudity,type");
    assert.deepEqual(Object.keys(request), ["id", "timestamp", "operations"]);
    assert.match(request.id, /^req_\w+$/);
    assert.ok(request.timestamp >= before - 0.01 && request.timestamp <= Date.now() / 1000 + 0.01);
    const others = await Promise.all([1, 2, 3].map(() => checked("Neutral", "type")));
    const stamps = [request, ...others.map((other) => other.request)].map(({ timestamp }) => timestamp);
    assert.ok(
      stamps.some((stamp) => Math.round(stamp * 1e6) % 1000 !== 0),
      `finer than milliseconds: ${stamps}`,
    );
    assert.equal(request.operations, 2);
    assert.match(media.id, /^med_[0-9A-Za-z]{21}$/);
    assert.equal(media.uri, "image.png");
    assert.notEqual(media.id, others[0].media.id);
  });

  it("has the id that the log and the header know the request by", async () => {
    const query = new URLSearchParams({ api_user: checker.id, api_secret: checker.secret });
    const url = `${service.url}/1.0/check.json?${query}`;
    const plain = await fetch(url);
    assert.equal(((await plain.json()) as Json).request.id, plain.headers.get("x-request-id"));
    const named = await fetch(url, { headers: { "x-request-id": "mine-1" } });
    assert.equal(((await named.json()) as Json).request.id, "req_mine-1");
  });

  it("charges models times images, new or not, and says so", async () => {
    const key = await service.createKey({ name: "costs", quota: { limit: 10, period: "day" } });
    const media = await detailedPicture(6101);
    const operations: number[] = [];
    for (const models of ["nudity-2.1,type", "nudity-2.1,type", "nudity"]) {
      operations.push((await call({ key, media, parameters: { models } })).body.request.operations);
    }
    assert.deepEqual(operations, [2, 2, 1]);
    assert.equal((await ask(service, "GET", "/v1/quota", { key: key.key })).body.remaining, 5);
  });
});

describe("Sightengine's operations of an animation", () => {
  it("are one for each model: its first frame is looked at", async () => {
    const frames = await Promise.all(["#800000", "#008000", "#000080"].map((colour) => flatPicture(colour, 64, 64)));
    const pixels = await Promise.all(frames.map((frame) => sharp(frame).removeAlpha().raw().toBuffer()));
    const raw = { width: 64, height: 3 * 64, channels: 3, pageHeight: 64 } as const;
    const media = await sharp(Buffer.concat(pixels), { raw })
      .gif({ delay: [100, 100, 100] })
      .toBuffer();
    assert.equal((await sharp(media).metadata()).pages, 3);
    const { http, body } = await call({ media, parameters: { models: "nudity-2.1,type" } });
    assert.deepEqual([http, body.request.operations], [200, 2]);
  });
});

describe("Sightengine's lists", () => {
  const createList = async (name: string) => {
    assert.equal((await ask(service, "POST", "/v1/lists", { body: { name } })).status, 201);
  };
  const entriesOf = async (name: string) => (await ask(service, "GET", `/v1/lists/${name}/entries`)).body.entries;
  let curator: { id: string; secret: string; key: string };
  before(async () => {
    curator = await service.createKey({
      name: "curator",
      scopes: ["check", "lists"],
      quota: { limit: 20, period: "day" },
    });
  });
  const left = async () => (await ask(service, "GET", "/v1/quota", { key: curator.key })).body.remaining;

  it("takes the documented call, which has no models: into the list behind the id, for 0 operations", async () => {
    await createList("spam");
    const picture = await detailedPicture(6201);
    const parameters = { add_to_list: "ili_spam", custom_id: "their-7" };
    const { http, body } = await call({ key: curator, media: picture, parameters });
    assert.equal(http, 200, JSON.stringify(body));
    assert.deepEqual(Object.keys(body), ["status", "request", "media", "lookalike"]);
    assert.equal(body.request.operations, 0);
    assert.equal(await left(), 20);
    const [entry] = await entriesOf("spam");
    assert.deepEqual([entry.custom_id, entry.source], ["their-7", "image"]);
    const added = { list: "spam", entry_id: entry.id, custom_id: "their-7", outcome: "created" };
    assert.deepEqual(body.lookalike, { added });
    const again = await call({ key: curator, media: picture, parameters });
    assert.equal(again.body.lookalike.added.outcome, "unchanged");
  });

  it("tells of a near-duplicate in the next check, beside honest scores", async () => {
    const copy = await shrunkCopy(await detailedPicture(6201));
    const { body } = await call({ media: copy, parameters: { models: "nudity-2.1" } });
    assert.deepEqual([body.lookalike.verdict, body.lookalike.lists], ["block", ["spam"]]);
    const [match] = body.lookalike.matches;
    assert.deepEqual([match.list, match.custom_id], ["spam", "their-7"]);
    assert.ok(match.distance <= match.threshold, JSON.stringify(match));
    assert.ok(body.nudity.erotica < 0.5, "the list is no reason for a score");
  });

  it("adds and checks with one call where there are models, and doesn't meet the image itself", async () => {
    const before = await left();
    const parameters = { add_to_list: "ili_spam", models: "nudity-2.1,type" };
    const { body } = await call({ key: curator, media: await detailedPicture(6202), parameters });
    assert.ok(body.nudity.none >= 0 && body.type.photo >= 0, JSON.stringify(body));
    assert.deepEqual([body.lookalike.verdict, body.lookalike.added.outcome], ["allow", "created"]);
    assert.equal(body.request.operations, 2);
    assert.equal(await left(), before - 2);
    assert.equal((await entriesOf("spam")).length, 2);
  });

  it("fetches an image that is checked and added once, and keeps where one came from that is only added", async () => {
    const picture = await detailedPicture(6204);
    await withImageOrigin(
      (_, socket) => socket.end(httpAnswer(200, [], picture)),
      async (base, requests) => {
        await createList("fetched");
        const parameters = { add_to_list: "fetched", url: `${base}/a.png` };
        const both = await call({ key: curator, parameters: { ...parameters, models: "nudity" } });
        assert.deepEqual([both.body.lookalike.added.outcome, requests.length], ["created", 1]);
        await createList("only-added");
        await call({ key: curator, parameters: { ...parameters, add_to_list: "only-added" } });
        const [entry] = await entriesOf("only-added");
        assert.deepEqual([entry.source, entry.source_url], ["url", `${base}/a.png`]);
      },
    );
  });

  it("finds a list by the whole id first, then without ili_, capitals or not", async () => {
    for (const name of ["ili_ab3", "ab3", "only3"]) await createList(name);
    for (const [id, list] of [
      ["ili_aB3", "ili_ab3"],
      ["ab3", "ab3"],
      ["ili_Only3", "only3"],
      ["only3", "only3"],
    ] as const) {
      const media = await flatPicture(`#${Buffer.from(id).toString("hex").slice(-6)}`);
      const { body } = await call({ key: curator, media, parameters: { add_to_list: id } });
      assert.equal(body.lookalike?.added.list, list, id);
    }
  });

  it("refuses ids of no list, bad custom ids and keys without the scope before anything is charged", async () => {
    const media = await detailedPicture(6203);
    const models = "nudity";
    await ask(service, "POST", "/v1/lists", { body: { name: "nicknames", kind: "names" } });
    const before = await left();
    for (const [parameters, named] of [
      [{ models, add_to_list: "ili_nowhere" }, "add_to_list"],
      [{ models, add_to_list: "ili_a\0b" }, "add_to_list"],
      [{ models, add_to_list: "nicknames" }, "add_to_list"],
      [{ models, lookalike_lists: "nicknames" }, "lookalike_lists"],
      [{ models, add_to_list: "ili_spam", custom_id: "x".repeat(256) }, "custom_id"],
      [{ models, add_to_list: "ili_spam", custom_id: "a\0b" }, "custom_id"],
      [{ models, lookalike_lists: "spam,ili_nowhere" }, "lookalike_lists"],
    ] as const) {
      const { http, body } = await call({ key: curator, media, parameters });
      assert.deepEqual([http, body.error.type], [400, "argument_error"], JSON.stringify([parameters, body]));
      assert.ok(body.error.message.includes(named), body.error.message);
    }
    assert.equal(await left(), before);
    const { http, body } = await call({ media, parameters: { models, add_to_list: "ili_spam" } });
    assert.deepEqual([http, body.error.type, body.request.operations], [403, "plan_error", 0]);
    assert.equal((await entriesOf("spam")).length, 2);
  });

  it("checks against the lists of our own parameter alone, for one operation where there are no models", async () => {
    await createList("other");
    const picture = await shrunkCopy(await detailedPicture(6201), 0.6);
    const ask = async (parameters: Record<string, string>) => {
      const { http, body } = await call({ key: curator, media: picture, parameters });
      assert.equal(http, 200, JSON.stringify(body));
      return [body.lookalike.verdict, body.lookalike.lists, body.request.operations, body.nudity !== undefined];
    };
    assert.deepEqual(await ask({ lookalike_lists: "ili_spam,other" }), ["block", ["spam"], 1, false]);
    assert.deepEqual(await ask({ lookalike_lists: "other", models: "nudity" }), ["allow", [], 1, true]);
    assert.deepEqual(await ask({ lookalike_lists: "ili_spam", models: "nudity,type" }), ["block", ["spam"], 2, true]);
  });
});

describe("Sightengine's operations", () => {
  it("are exact among calls that come at once: no call is half paid, and what is left stays", async () => {
    const quota = { limit: 5, period: "day" };
    const { id, secret, key } = await service.createKey({ name: "at once", scopes: ["check"], quota });
    const pictures = await Promise.all(Array.from({ length: 8 }, (_, seed) => detailedPicture(6300 + seed)));
    const answers = await Promise.all(
      pictures.map((media) => call({ key: { id, secret }, media, parameters: { models: "nudity-2.1,type" } })),
    );
    const paid = answers.filter(({ http }) => http === 200);
    assert.deepEqual(
      paid.map(({ body }) => body.request.operations),
      [2, 2],
    );
    for (const { http, body } of answers.filter((each) => each.http !== 200)) {
      assert.deepEqual([http, body.error.type, body.request.operations], [429, "usage_limit", 0]);
    }
    const { body } = await ask(service, "GET", "/v1/quota", { key });
    assert.equal(body.remaining, 1);
  });
});
