import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { httpAnswer, type ImageOrigin, startImageOrigin } from "../support/image-origin.ts";
import { detailedPicture } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";
import { callSightengine, type SightengineCall } from "../support/sightengine-call.ts";

let service: TestService;
let origin: ImageOrigin;
let imageUrl: string;
let porn: Buffer;
let neutral: Buffer;
let key: { id: string; secret: string; key: string };
before(async () => {
  service = await startService();
  const fixture = (name: string) => readFile(new URL(`../fixtures/model/${name}.png`, import.meta.url));
  [porn, neutral] = await Promise.all([fixture("Porn"), fixture("Neutral")]);
  origin = await startImageOrigin((path, socket) => {
    socket.end(path === "/porn.png" ? httpAnswer(200, [], porn) : httpAnswer(404, []));
  });
  imageUrl = `http://127.0.0.1:${origin.port}/porn.png`;
  key = await service.createKey({ name: "surface", scopes: ["check"], quota: { limit: 50, period: "day" } });
});
after(async () => {
  await origin.close();
  await service.close();
});

const call = (given: Omit<SightengineCall, "key"> & { key?: SightengineCall["key"] }) =>
  callSightengine(service, { key, ...given });
const left = async () => (await ask(service, "GET", "/v1/quota", { key: key.key })).body.remaining;

describe("Sightengine's check-workflow.json", () => {
  const path = "/1.0/check-workflow.json";
  let workflow: string;
  before(async () => {
    assert.equal((await ask(service, "POST", "/v1/lists", { body: { name: "banned" } })).status, 201);
    const rules = [
      { when: { list: "banned" }, action: "reject", text: "Banned before" },
      { when: { score: "unsafe", at_least: 0.8 }, action: "reject", text: "Nudity" },
      { when: { score: "drawing", at_least: 0.8 }, action: "review", text: "Is it ours?" },
    ];
    const made = await ask(service, "POST", "/v1/workflows", { body: { name: "Avatars", rules } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    workflow = made.body.id;
  });

  it("rejects with the rules' texts and accepts without, by GET with a url and by POST with media", async () => {
    const before = await left();
    const byUrl = await call({ path, parameters: { workflow, url: imageUrl } });
    assert.equal(byUrl.http, 200, JSON.stringify(byUrl.body));
    const { status, request, summary, media, lookalike } = byUrl.body;
    const members = ["status", "request", "summary", "nudity", "type", "workflow", "media", "lookalike"];
    assert.deepEqual(Object.keys(byUrl.body), members);
    assert.deepEqual([status, request.operations, media.uri], ["success", 1, imageUrl]);
    assert.deepEqual(byUrl.body.workflow, { id: workflow });
    assert.deepEqual([summary.action, summary.reject_reason], ["reject", [{ id: "rule_2", text: "Nudity" }]]);
    assert.ok(summary.reject_prob > 0.9 && summary.reject_prob <= 1, JSON.stringify(summary));
    assert.deepEqual([lookalike.action, lookalike.verdict, lookalike.lists], ["reject", "block", []]);
    const byMedia = await call({ path: `/${path}`, media: neutral, parameters: { workflow } });
    assert.deepEqual([byMedia.body.summary.action, byMedia.body.summary.reject_reason], ["accept", []]);
    assert.ok(byMedia.body.summary.reject_prob < 0.1);
    assert.equal(byMedia.body.media.uri, "image.png");
    assert.equal(await left(), before - 2);
  });

  it("rejects what one of our lists bans, with certainty", async () => {
    const picture = await detailedPicture(6401);
    await ask(service, "POST", "/v1/lists/banned/entries", { body: picture });
    const { summary, lookalike } = (await call({ path, media: picture, parameters: { workflow } })).body;
    assert.deepEqual([summary.action, summary.reject_prob], ["reject", 1]);
    assert.equal(summary.reject_reason[0].text, "Banned before");
    assert.deepEqual(lookalike.lists, ["banned"]);
  });

  it("rejects what the workflow would have a person look at, and says that it was a review", async () => {
    const drawing = await readFile(new URL("../fixtures/model/Drawing.png", import.meta.url));
    const { summary, lookalike } = (await call({ path, media: drawing, parameters: { workflow } })).body;
    assert.deepEqual([summary.action, summary.reject_reason], ["reject", [{ id: "rule_3", text: "Is it ours?" }]]);
    assert.ok(summary.reject_prob > 0.8, "by the score that stopped it");
    assert.equal(lookalike.action, "review");
  });

  it("keeps reject_prob on the action's side of 0.5, which clients take for the line, whatever the thresholds are", async () => {
    const parts = ["Porn", "Sexy", "Neutral"].map((name) =>
      readFile(new URL(`../fixtures/model/${name}.png`, import.meta.url)),
    );
    const pictures = await Promise.all(parts);
    const list = { when: { list: "banned" }, action: "accept", text: "Never here" };
    for (const [rule, sides] of [
      [{ when: { score: "unsafe", at_least: 0 }, action: "reject", text: "Any" }, [true, true, true]],
      [{ when: { score: "neutral", at_least: 0.001 }, action: "review", text: "Any" }, [null, null, true]],
      [{ when: { score: "unsafe", at_least: 1 }, action: "reject", text: "None" }, [false, false, false]],
      [{ when: { score: "unsafe", at_least: 0.001 }, action: "accept", text: "All" }, [false, false, false]],
    ] as const) {
      const made = await ask(service, "POST", "/v1/workflows", { body: { name: "Sides", rules: [list, rule] } });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      for (const [place, media] of pictures.entries()) {
        const { summary } = (await call({ path, media, parameters: { workflow: made.body.id } })).body;
        const rejected = sides[place] ?? summary.action === "reject";
        assert.equal(summary.action, rejected ? "reject" : "accept", JSON.stringify([rule, summary]));
        assert.equal(summary.reject_prob > 0.5, rejected, JSON.stringify([rule, summary]));
        assert.notEqual(summary.reject_prob, 0.5);
      }
    }
  });

  it("has the scores of the models beside the summary, for either nudity model, the same as check.json", async () => {
    const answer = (await call({ path, media: porn, parameters: { workflow } })).body;
    const { body } = await call({ media: porn, parameters: { models: "nudity-2.1,nudity,type" } });
    assert.ok(answer.nudity.sexual_display > 0.9 && answer.nudity.raw > 0.9, JSON.stringify(answer.nudity));
    assert.deepEqual([answer.nudity, answer.type], [body.nudity, body.type]);
    assert.deepEqual(answer.lookalike.unsupported_classes, body.lookalike.unsupported_classes);
    assert.equal(answer.request.operations, 1);
  });

  it("refuses ids of no workflow, missing ones and wrong keys, and charges nothing", async () => {
    const before = await left();
    for (const parameters of [{}, { workflow: "wfl_nowhere" }, { workflow: "wfl_0000000000000000000000" }]) {
      const { http, body } = await call({ path, media: neutral, parameters });
      assert.deepEqual([http, body.error.type, body.request.operations], [400, "argument_error", 0]);
    }
    const unreachable = await call({ path, parameters: { workflow, url: `${imageUrl}.missing` } });
    assert.deepEqual([unreachable.http, unreachable.body.error.type], [400, "media_error"]);
    const stranger = await call({ key: { id: "a", secret: "b" }, path, media: neutral });
    assert.deepEqual([stranger.http, stranger.body.error.code], [401, 1]);
    assert.equal(await left(), before);
    const poor = await service.createKey({ name: "poor", quota: { limit: 0, period: "day" } });
    const refused = await call({ key: poor, path, media: neutral, parameters: { workflow } });
    assert.deepEqual([refused.http, refused.body.error.type], [429, "usage_limit"]);
  });
});

describe("Sightengine's feedback.json", () => {
  const path = "/1.0/feedback.json";
  const kept = async () => (await ask(service, "GET", "/v1/feedback")).body.feedback;

  it("keeps what is said of a picture, by url and by media, for 0 operations, and later answers carry it", async () => {
    const before = await left();
    const said = { model: "nudity-2.0", class: "bikini" };
    const byUrl = await call({ path, parameters: { ...said, url: imageUrl } });
    assert.equal(byUrl.http, 200, JSON.stringify(byUrl.body));
    assert.deepEqual(Object.keys(byUrl.body), ["status", "request", "media"]);
    assert.deepEqual([byUrl.body.request.operations, byUrl.body.media.uri], [0, imageUrl]);
    const byMedia = await call({ path, media: porn, parameters: { model: "nudity", class: "safe" } });
    assert.deepEqual([byMedia.body.status, byMedia.body.request.operations], ["success", 0]);
    assert.equal(await left(), before);
    const mine = (await kept()).filter((each: { surface: string }) => each.surface === "sightengine");
    assert.deepEqual(
      mine.map((each: Record<string, string>) => [each.key_id, each.model, each.class]),
      [
        [key.id, "nudity", "safe"],
        [key.id, "nudity-2.0", "bikini"],
      ],
    );
    const { body } = await call({ media: porn, parameters: { models: "nudity" } });
    const [newest, older, ...others] = body.lookalike.feedback;
    assert.deepEqual(
      [newest.model, newest.class, older.model, older.class],
      ["nudity", "safe", "nudity-2.0", "bikini"],
    );
    assert.ok(Math.abs(Date.parse(newest.at) - Date.now()) < 60_000);
    assert.deepEqual(others, []);
    assert.ok(body.nudity.raw > 0.9, "the scores stay as they are");
    const other = await call({ media: neutral, parameters: { models: "nudity" } });
    assert.equal(other.body.lookalike.feedback, undefined);
  });

  it("knows the models and classes of the vendor's table, and no others", async () => {
    const faults = [
      {},
      { model: "nudity" },
      { class: "safe" },
      { model: "model9999", class: "raw" },
      { model: "nudity", class: "raw9999" },
      { model: "genai", class: "unknown" },
      { model: "constructor", class: "safe" },
    ];
    const before = (await kept()).length;
    for (const parameters of faults) {
      const { http, body } = await call({ path, media: neutral, parameters });
      assert.deepEqual([http, body.status, body.error?.type], [400, "failure", "argument_error"]);
      assert.match(body.error.message, /for (model|class) but received/);
    }
    assert.equal((await kept()).length, before);
    for (const [model, said] of [
      ["nudity-2.0", "male_underwear"],
      ["type", "illustration"],
      ["wad", "no-weapons"],
      ["text", "text-artificial"],
      ["genai", "not-ai"],
      ["unknown", "miss"],
    ] as const) {
      const { body } = await call({ path, media: neutral, parameters: { model, class: said } });
      assert.equal(body.status, "success", `${model} ${said}`);
    }
    assert.equal((await kept()).length, before + 6);
  });

  it("is a usage_limit for a key that has given as much as is kept, whose word can still be changed", async () => {
    const { databaseUrl, context } = service;
    const bounded = await startService({ databaseUrl, workers: context.workers, config: { feedbackPerKey: 1 } });
    try {
      const full = await service.createKey({ name: "full", scopes: ["check"] });
      const say = (parameters: Record<string, string>) =>
        callSightengine(bounded, { key: full, path, media: neutral, parameters });
      assert.equal((await say({ model: "nudity", class: "safe" })).http, 200);
      const { http, body } = await say({ model: "type", class: "photo" });
      assert.deepEqual([http, body.status, body.request.operations], [429, "failure", 0]);
      assert.deepEqual([body.error.type, body.error.code], ["usage_limit", 1003]);
      assert.equal((await say({ model: "nudity", class: "raw" })).http, 200);
    } finally {
      await bounded.close();
    }
  });

  it("fails for a URL that can't be reached, bytes that are no image and wrong keys", async () => {
    const said = { model: "nudity", class: "safe" };
    const missing = await call({ path, parameters: { ...said, url: `${imageUrl}.missing` } });
    assert.deepEqual([missing.http, missing.body.status, missing.body.error.type], [400, "failure", "media_error"]);
    const text = await call({ path, media: Buffer.from("no image at all"), parameters: said });
    assert.deepEqual([text.http, text.body.error.type], [400, "media_error"]);
    const nothing = await call({ path, parameters: said });
    assert.deepEqual([nothing.http, nothing.body.error.type], [400, "argument_error"]);
    const stranger = await call({ key: { id: "a", secret: "b" }, path, parameters: { model: "nope" } });
    assert.deepEqual([stranger.http, stranger.body.error.code], [401, 1]);
  });
});
