import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import sharp from "sharp";
import { crowdPicture } from "../../models/neural-hash/crowd-pictures.ts";
import { flatPicture } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";
import { texturedPicture } from "../support/test-pictures.ts";

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

let names = 0;
async function banned(picture: Buffer, fields: object = {}): Promise<string> {
  const name = `robust-${++names}`;
  assert.equal((await ask(service, "POST", "/v1/lists", { body: { name, ...fields } })).status, 201);
  assert.equal((await ask(service, "POST", `/v1/lists/${name}/entries`, { body: picture })).status, 201);
  return name;
}

async function photo(seed: number): Promise<Buffer> {
  const { data, width, height } = texturedPicture(400, 300, seed);
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** A copy with a tenth of each side gone, and its place in the original. */
function cropped(picture: Buffer, seed = 0): Promise<Buffer> {
  return sharp(picture)
    .extract({ left: 20 + seed, top: 15, width: 360, height: 270 })
    .png()
    .toBuffer();
}

async function classifierRuns(): Promise<number> {
  const text = await (await service.request("/metrics")).text();
  return Number(/^lookalike_classifier_runs_total (\d+)/m.exec(text)?.[1] ?? 0);
}

describe("match=robust", () => {
  it("meets a crop that fast misses, and says by which hash, how far and within what", async () => {
    const picture = await photo(501);
    const list = await banned(picture);
    const crop = await cropped(picture);
    assert.deepEqual((await check(service, crop, { query: `?lists=${list}` })).body.matches, []);
    const { body } = await check(service, crop, { query: `?lists=${list}&match=robust` });
    const [match] = body.matches;
    assert.deepEqual([body.verdict, match.hash, match.transform], ["block", "neural", "identity"]);
    assert.ok(match.distance <= match.threshold);
    assert.equal(match.confirmed_by.hash, "neural_vector");
    assert.ok(match.confirmed_by.distance <= match.confirmed_by.threshold);
    assert.match(body.fingerprint.neural, /^[0-9a-f]{64}$/);
  });

  it("is what a list may ask for itself, and a request may wave", async () => {
    const picture = await photo(502);
    const list = await banned(picture, { match: "robust" });
    const crop = await cropped(picture);
    const verdict = async (query: string) =>
      (await check(service, crop, { query: `?lists=${list}${query}` })).body.verdict;
    assert.equal(await verdict("&match=fast"), "allow");
    assert.equal(await verdict(""), "block");
    await ask(service, "PATCH", `/v1/lists/${list}`, { body: { match: "fast" } });
    assert.equal(await verdict(""), "allow");
    assert.equal(await verdict("&match=robust"), "block");
  });

  it("runs the model once for an image, whatever else it is asked, and not again for its repeats", async () => {
    const picture = await photo(503);
    const list = await banned(picture);
    for (const [seed, classify] of ["auto", "always", "never"].entries()) {
      const crop = await cropped(picture, seed);
      const before = await classifierRuns();
      const query = `?lists=${list}&match=robust&classify=${classify}`;
      const first = await check(service, crop, { query });
      assert.equal(first.body.verdict, "block");
      assert.equal(first.body.classification?.source ?? null, classify === "never" ? null : "model");
      assert.equal((await check(service, crop, { query })).body.verdict, "block");
      assert.equal(
        (await check(service, crop, { query: `?lists=${list}&classify=auto` })).body.classification.source,
        "exact",
      );
      assert.equal((await classifierRuns()) - before, 1, classify);
    }
  });

  it("decodes a repeat once more whose neural hash was never made, at no charge, and no more after that", async () => {
    const picture = await photo(504);
    const list = await banned(picture);
    const crop = await cropped(picture);
    const first = await check(service, crop, { query: `?lists=${list}&classify=never` });
    assert.deepEqual([first.body.verdict, first.body.fingerprint.neural], ["allow", null]);
    const before = await classifierRuns();
    for (const time of ["second", "third"]) {
      const again = await check(service, crop, { query: `?lists=${list}&match=robust&classify=never` });
      assert.deepEqual([again.body.verdict, again.body.quota.charged], ["block", 0], time);
    }
    assert.equal((await classifierRuns()) - before, 1);
  });

  it("answers a look-up of a seen image by its neural hash where the list is robust", async () => {
    const picture = await photo(505);
    const list = await banned(picture, { match: "robust" });
    const crop = await cropped(picture);
    const { body } = await check(service, crop, { query: `?lists=${list}` });
    const known = await ask(service, "GET", `/v1/hashes/sha256/${body.fingerprint.sha256}?lists=${list}`);
    assert.deepEqual([known.body.verdict, known.body.matches[0].hash], ["block", "neural"]);
  });

  it("matches flat pictures as little as fast does", async () => {
    const list = await banned(await flatPicture("#336699"), { match: "robust" });
    const { body } = await check(service, await flatPicture("#346699"), { query: `?lists=${list}` });
    assert.deepEqual([body.matches, body.fingerprint.detail], [[], "insufficient"]);
  });

  it("doesn't take pages of other words for one another, which the model can't tell apart", async () => {
    const list = `robust-${++names}`;
    await ask(service, "POST", "/v1/lists", { body: { name: list, match: "robust" } });
    const pages = await Promise.all([101, 102, 103, 104, 105, 106].map((number) => crowdPicture("text-page", number)));
    for (const page of pages) await ask(service, "POST", `/v1/lists/${list}/entries`, { body: page });
    for (const page of pages) {
      const { body } = await check(service, page, { query: `?lists=${list}` });
      assert.equal(body.fingerprint.detail, "sufficient");
      assert.deepEqual(
        body.matches.map(({ hash }: { hash: string }) => hash),
        ["sha256"],
      );
    }
  });
});
