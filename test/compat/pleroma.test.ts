import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fixture } from "../support/fixtures.ts";
import { listPicture } from "../support/list-pictures.ts";
import { type PictureOrigin, startPictureOrigin } from "../support/picture-origin.ts";
import { detailedPicture } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService, withSettings } from "../support/service.ts";
import { judgeAttachment } from "./clients/pleroma-policy.ts";

let service: TestService;
let pictures: PictureOrigin;
let key: string;
before(async () => {
  service = await startService({ config: { freeCallsPerDay: 3 } });
  pictures = await startPictureOrigin();
  ({ key } = await service.createKey({ name: "pleroma", scopes: ["check"] }));
});
after(async () => {
  await pictures.close();
  await service.close();
});

/** The policy's setting of an instance with a key; it has a slash appended, as often as not. */
const keyed = (slash = "") => `${service.url}/pleroma/${key}${slash}`;

describe("Pleroma's NsfwApiPolicy", () => {
  it("marks what the model finds explicit, and nothing else", async () => {
    for (const [name, verdict] of [
      ["Porn", "nsfw"],
      ["Hentai", "nsfw"],
      ["Sexy", "sfw"],
      ["Neutral", "sfw"],
      ["Drawing", "sfw"],
    ] as const) {
      const media = pictures.serve(`/media/${name}.png`, await fixture(name));
      const judged = await judgeAttachment({ url: keyed("/") }, media);
      assert.equal(judged.verdict, verdict, name);
      assert.deepEqual(JSON.parse(judged.answer.body), { score: judged.score, url: media });
      assert.ok(judged.score !== null && judged.score >= 0 && judged.score <= 1);
    }
  });

  it("finds a picture whose URL has parameters, from Pleromas that escape it and from those that don't", async () => {
    const media = pictures.serve("/media/x.png?X-Amz-Date=1&X-Amz-Signature=a%20b", await fixture("Porn"));
    // Put together anew, and so in another spelling.
    pictures.serve("/media/x.png?X-Amz-Date=1&X-Amz-Signature=a+b", await fixture("Porn"));
    for (const escapes of [undefined, "in order", "by name"] as const) {
      const settings = { url: keyed(), ...(escapes !== undefined && { escapes }) };
      const { verdict, answer } = await judgeAttachment(settings, media);
      assert.deepEqual([answer.status, verdict], [200, "nsfw"], answer.body);
      const plain = pictures.serve("/media/plain.png", await fixture("Hentai"));
      assert.equal((await judgeAttachment(settings, plain)).verdict, "nsfw", escapes);
    }
    // Only where a map keeps one `url` of two is nothing left to ask for.
    const proxied = pictures.serve("/proxy?size=large&url=x.png&a=1", await fixture("Porn"));
    for (const settings of [{ url: keyed() }, { url: keyed(), escapes: "in order" as const }]) {
      const { verdict, answer } = await judgeAttachment(settings, proxied);
      assert.deepEqual([answer.status, verdict], [200, "nsfw"], answer.body);
    }
  });

  it("marks what a list blocks and nothing that one allows, on the very next request", async () => {
    const banned = await detailedPicture(681);
    const media = pictures.serve("/media/banned.png", banned);
    assert.equal((await judgeAttachment({ url: keyed() }, media)).verdict, "sfw");
    await listPicture(service, { name: "pleroma-banned" }, banned);
    const judged = await judgeAttachment({ url: keyed(), threshold: 1 }, media);
    assert.deepEqual([judged.verdict, judged.score], ["nsfw", 1]);
    const allowed = await fixture("Porn");
    await listPicture(service, { name: "pleroma-allowed", kind: "allow" }, allowed);
    const { score } = await judgeAttachment({ url: keyed() }, pictures.serve("/media/allowed.png", allowed));
    assert.equal(score, 0);
  });

  it("takes a failure for safe: no score, and a status that isn't 200", async () => {
    const { key: empty } = await service.createKey({ name: "empty", quota: { limit: 0, period: "day" } });
    const { key: lists } = await service.createKey({ name: "no-check", scopes: ["lists"] });
    const picture = pictures.serve("/media/new.png", await detailedPicture(682));
    const text = pictures.serve("/media/text.png", Buffer.from("no image"));
    for (const [url, media, status] of [
      [keyed(), `${pictures.url}/nowhere.png`, 422],
      [keyed(), text, 422],
      [keyed(), "nonsense", 400],
      [keyed(), "", 400],
      [keyed(), "ftp://127.0.0.1/x.png", 400],
      [`${service.url}/pleroma/${empty}`, picture, 429],
      [`${service.url}/pleroma/${lists}`, picture, 403],
      [`${service.url}/pleroma/${key.slice(0, -1)}_`, picture, 401],
      [`${service.url}/pleroma/other`, picture, 404],
    ] as const) {
      const { verdict, score, answer } = await judgeAttachment({ url }, media);
      assert.deepEqual([answer.status, verdict, score], [status, "sfw", null], `${url} ${media}`);
      const body = JSON.parse(answer.body) as Record<string, unknown>;
      assert.equal(body.error_code, status);
      assert.equal(typeof body.error_reason, "string");
    }
    const batch = await ask(service, "POST", "/batch-classify", { body: { urls: [picture] } });
    assert.deepEqual([batch.status, batch.body.error_code], [404, 404]);
  });

  it("has the free quota at the policy's default address, and takes a key by Basic there", async () => {
    const picture = pictures.serve("/media/free.png", await detailedPicture(683));
    const statuses: number[] = [];
    for (let call = 0; call < 4; call++)
      statuses.push((await judgeAttachment({ url: service.url }, picture)).answer.status);
    assert.deepEqual(statuses, [200, 200, 200, 429]);
    const authorization = `Bearer ${key}`;
    const answer = await ask(service, "GET", `/?url=${picture}`, { headers: { authorization } });
    assert.deepEqual([answer.status, answer.body.url], [200, picture]);
    assert.equal((await ask(service, "GET", `/?url=${picture}`, { key: "wrong" })).status, 401);
  });

  it("leaves / without a url to others", async () => {
    await withSettings(service, { compat: [] }, async (off) => {
      for (const [method, path] of [
        ["GET", "/"],
        ["HEAD", "/"],
        ["GET", "/?other=1"],
        ["POST", "/?url=http://127.0.0.1/"],
      ] as const) {
        const [here, there] = await Promise.all([service, off].map((each) => fetch(each.url + path, { method })));
        assert.deepEqual(
          [here?.status, here?.headers.get("content-type")],
          [there?.status, there?.headers.get("content-type")],
        );
      }
      const media = pictures.serve("/media/off.png", await detailedPicture(684));
      for (const url of [off.url, `${off.url}/pleroma/${key}`]) {
        const { answer } = await judgeAttachment({ url }, media);
        assert.equal(answer.status, 404);
        assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
      }
    });
  });

  it("answers in the policy's words where the service is at its limit, and where it may not fetch the media", async () => {
    const { databaseUrl } = service;
    const { workers } = service.context;
    const strict = await startService({ databaseUrl, workers, config: { allowPrivateUrls: false } });
    const full = await startService({ databaseUrl, workers, config: { maxRequests: 0 } });
    try {
      for (const url of [full.url, `${full.url}/pleroma/${key}`]) {
        const { verdict, answer } = await judgeAttachment({ url }, `${pictures.url}/media/x.png`);
        assert.deepEqual([answer.status, verdict], [503, "sfw"]);
        assert.deepEqual(Object.keys(JSON.parse(answer.body) as object), ["error_code", "error_reason"]);
      }
      const forbidden = await judgeAttachment({ url: `${strict.url}/pleroma/${key}` }, `${pictures.url}/media/x.png`);
      assert.deepEqual([forbidden.answer.status, forbidden.verdict], [400, "sfw"]);
      assert.match((await fetch(full.url)).headers.get("content-type") ?? "", /^application\/problem\+json/);
    } finally {
      await full.close();
      await strict.close();
    }
  });
});
