import assert from "node:assert/strict";
import { createHash } from "node:crypto";
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

const digest = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest("hex");

/** Runs of the classifier so far, and runs avoided for a reason. */
async function classifierRuns(reason: string): Promise<{ runs: number; avoided: number }> {
  const text = await (await service.request("/metrics")).text();
  const read = (line: RegExp) => Number(line.exec(text)?.[1] ?? 0);
  return {
    runs: read(/^lookalike_classifier_runs_total (\d+)/m),
    avoided: read(new RegExp(`^lookalike_classifier_runs_avoided_total\\{reason="${reason}"\\} (\\d+)`, "m")),
  };
}

describe("POST /v1/images/check", () => {
  it("answers a new image with digests, hashes, sighting, scores and cost", async () => {
    const picture = await detailedPicture(101);
    const { status, body } = await check(service, picture);
    assert.equal(status, 200);
    assert.match(body.id, /^chk_[0-9A-Za-z]{20}$/);
    assert.equal(body.verdict, "allow");
    assert.deepEqual(body.reasons, []);
    const { fingerprint } = body;
    assert.equal(fingerprint.sha1, digest("sha1", picture));
    assert.equal(fingerprint.sha256, digest("sha256", picture));
    assert.equal(fingerprint.md5, digest("md5", picture));
    assert.match(fingerprint.pdq, /^[0-9a-f]{64}$/);
    assert.match(fingerprint.blockhash, /^[0-9a-f]{64}$/);
    assert.deepEqual(
      [fingerprint.width, fingerprint.height, fingerprint.format, fingerprint.frames, fingerprint.bytes],
      [640, 480, "png", 1, picture.length],
    );
    assert.equal(fingerprint.detail, "sufficient");
    assert.deepEqual([body.seen.exact, body.seen.times, body.seen.near], [false, 1, null]);
    assert.deepEqual(body.matches, []);
    assert.equal(body.classification.source, "model");
    assert.deepEqual(Object.keys(body.classification.scores), ["drawing", "hentai", "neutral", "porn", "sexy"]);
    const sum = Object.values<number>(body.classification.scores).reduce((total, score) => total + score, 0);
    assert.ok(Math.abs(sum - 1) < 1e-3);
    assert.deepEqual(body.quota, { charged: 1, remaining: null, limit: null, resets_at: null });
  });

  it("takes the same image as multipart field, raw body and URL-encoded or JSON url alike", async () => {
    const picture = await detailedPicture(102);
    const { createServer } = await import("node:http");
    const origin = createServer((_, response) => response.end(picture)).listen(0, "127.0.0.1");
    await new Promise((resolve) => origin.once("listening", resolve));
    const url = `http://127.0.0.1:${(origin.address() as { port: number }).port}/picture`;
    const form = new FormData();
    form.set("image", new Blob([new Uint8Array(picture)]), "any name.bin");
    form.set("classify", "never");
    const answers = [
      await ask(service, "POST", "/v1/images/check", { body: form }),
      await check(service, picture, { headers: { "content-type": "image/png" }, query: "?classify=never" }),
      await ask(service, "POST", "/v1/images/check", { body: { url, classify: "never" } }),
      await ask(service, "POST", "/v1/images/check", { body: new URLSearchParams({ url, classify: "never" }) }),
    ];
    origin.close();
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    for (const { body } of answers) assert.equal(body.fingerprint.sha256, digest("sha256", picture));
    assert.deepEqual(
      answers.map(({ body }) => body.seen.times),
      [1, 2, 3, 4],
    );
  });

  it("never runs the classifier for an exact repeat, and says so", async () => {
    const picture = await detailedPicture(103);
    const first = await check(service, picture);
    const before = await classifierRuns("exact");
    const again = await check(service, picture, { query: "?classify=always" });
    const after = await classifierRuns("exact");
    assert.equal(again.body.classification.source, "exact");
    assert.deepEqual(again.body.classification.scores, first.body.classification.scores);
    assert.deepEqual([again.body.seen.exact, again.body.seen.times], [true, 2]);
    assert.equal(again.body.seen.first_seen_at, first.body.seen.first_seen_at);
    assert.deepEqual([after.runs - before.runs, after.avoided - before.avoided], [0, 1]);
  });

  it("reuses the scores of a near-duplicate and says which image it was", async () => {
    const picture = await detailedPicture(104);
    const first = await check(service, picture);
    const before = await classifierRuns("near");
    const copy = await check(service, await shrunkCopy(picture));
    const after = await classifierRuns("near");
    assert.equal(copy.body.classification.source, "near");
    assert.deepEqual(copy.body.classification.scores, first.body.classification.scores);
    assert.equal(copy.body.seen.exact, false);
    const { rows } = await service.context.db.pool.query("select id from image where encode(sha256, 'hex') = $1", [
      first.body.fingerprint.sha256,
    ]);
    assert.equal(copy.body.seen.near.image_id, `img_${BigInt(rows[0].id).toString(36)}`);
    assert.ok(copy.body.seen.near.distance >= 0);
    assert.equal(copy.body.quota.charged, 1);
    assert.deepEqual([after.runs - before.runs, after.avoided - before.avoided], [0, 1]);
  });

  it("runs the model on a near-duplicate with classify=always, and not at all with never", async () => {
    const picture = await detailedPicture(105);
    await check(service, picture);
    const always = await check(service, await shrunkCopy(picture, 0.6), { query: "?classify=always" });
    assert.equal(always.body.classification.source, "model");
    const never = await check(service, await detailedPicture(106), { query: "?classify=never" });
    assert.equal(never.body.classification, null);
    assert.equal(never.body.reasons[0].code, "not_classified");
    const later = await check(service, await detailedPicture(106));
    assert.deepEqual([later.body.classification.source, later.body.quota.charged], ["model", 0]);
  });

  it("classifies one new image once for 50 concurrent uploads, and charges it once", async () => {
    const { key } = await service.createKey({ name: "crowd", quota: { limit: 50, period: "day" } });
    const picture = await detailedPicture(107);
    const before = await classifierRuns("exact");
    const answers = await Promise.all(Array.from({ length: 50 }, () => check(service, picture, { key })));
    const after = await classifierRuns("exact");
    assert.ok(answers.every(({ status }) => status === 200));
    assert.equal(after.runs - before.runs, 1);
    assert.equal(
      answers.reduce((sum, { body }) => sum + body.quota.charged, 0),
      1,
    );
    assert.deepEqual(
      answers.map(({ body }) => body.seen.times).sort((a, b) => a - b),
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
  });

  it("leaves no claim behind, whatever uploads of one image cross each other", async () => {
    for (let seed = 130; seed < 136; seed++) {
      const picture = await detailedPicture(seed, 64, 64);
      const uploads = Array.from({ length: 12 }, () => check(service, picture, { query: "?classify=never" }));
      for (const { status } of await Promise.all(uploads)) assert.equal(status, 200);
      assert.equal((await check(service, picture)).body.classification.source, "model");
    }
    const { rowCount } = await service.context.db.pool.query("select from image_claim");
    assert.equal(rowCount, 0);
  });

  it("classifies again on next sight when the stored scores are another model's", async () => {
    const picture = await detailedPicture(108);
    const { body } = await check(service, picture);
    await service.context.db.pool.query("update image set model = 'older@1' where sha256 = $1", [
      Buffer.from(body.fingerprint.sha256, "hex"),
    ]);
    const again = await check(service, picture);
    assert.deepEqual([again.body.classification.source, again.body.quota.charged], ["model", 0]);
    assert.equal((await check(service, picture)).body.classification.source, "exact");
  });

  it("calls a flat picture insufficient_detail: matched exactly and classified, never by its looks", async () => {
    await ask(service, "POST", "/v1/lists", { body: { name: "flat", pdq_threshold: 256, blockhash_threshold: 256 } });
    const flat = await flatPicture("#224466");
    const banned = await ask(service, "POST", "/v1/lists/flat/entries", { body: flat });
    assert.deepEqual([banned.status, banned.body.detail], [201, "insufficient"]);
    const other = await check(service, await flatPicture("#224467"), { query: "?lists=flat" });
    assert.deepEqual([other.body.verdict, other.body.matches, other.body.seen.near], ["allow", [], null]);
    assert.equal(other.body.fingerprint.detail, "insufficient");
    assert.ok(other.body.reasons.some(({ code }: { code: string }) => code === "insufficient_detail"));
    assert.equal(other.body.classification.source, "model");
    const same = await check(service, flat, { query: "?lists=flat" });
    assert.deepEqual([same.body.verdict, same.body.matches[0].hash], ["block", "sha256"]);
    await ask(service, "DELETE", "/v1/lists/flat");
  });

  it("hashes and classifies the first frame of an animation and counts the frames", async () => {
    const frames = await Promise.all([detailedPicture(120, 64, 64), detailedPicture(121, 64, 64)]);
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const { body } = await check(service, gif);
    assert.deepEqual([body.fingerprint.format, body.fingerprint.frames], ["gif", 2]);
    assert.deepEqual([body.fingerprint.width, body.fingerprint.height], [64, 64]);
  });
});
