import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { detailedPicture, shrunkCopy } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

const look = (kind: string, value: string, key?: string | null) =>
  ask(service, "GET", `/v1/hashes/${kind}/${value}`, key === undefined ? {} : { key });

describe("GET /v1/hashes/{kind}/{value}", () => {
  it("answers 200 with known false and verdict unknown for a hash nobody sent", async () => {
    for (const [kind, digits] of [
      ["sha1", 40],
      ["sha256", 64],
      ["md5", 32],
    ] as const) {
      const { status, body } = await look(kind, "e".repeat(digits));
      assert.equal(status, 200);
      assert.deepEqual(
        [body.known, body.verdict, body.reasons, body.seen, body.matches, body.classification],
        [false, "unknown", [], null, [], null],
      );
      assert.equal(body.fingerprint[kind], "e".repeat(digits));
      assert.equal(body.quota.charged, 0);
    }
  });

  it("answers a seen image's verdict, scores and hashes by each of its digests, in either case", async () => {
    const picture = await detailedPicture(501);
    const { body: checked } = await check(service, picture);
    for (const kind of ["sha1", "sha256", "md5"]) {
      const { body } = await look(kind, checked.fingerprint[kind].toUpperCase());
      assert.deepEqual([body.known, body.verdict], [true, "allow"]);
      assert.equal(body.fingerprint.pdq, checked.fingerprint.pdq);
      assert.equal(body.fingerprint.blockhash, checked.fingerprint.blockhash);
      assert.ok(!("width" in body.fingerprint));
      assert.deepEqual([body.seen.exact, body.seen.times], [true, 1]);
      assert.equal(body.classification.source, "exact");
      assert.deepEqual(body.classification.scores, checked.classification.scores);
    }
  });

  it("finds a seen image by a perceptual hash near its own", async () => {
    const picture = await detailedPicture(502);
    const { body: checked } = await check(service, picture);
    const { body: copy } = await check(service, await shrunkCopy(picture, 0.8), { query: "?classify=never" });
    for (const kind of ["pdq", "blockhash"]) {
      const { body } = await look(kind, copy.fingerprint[kind]);
      assert.equal(body.known, true, kind);
      assert.equal(body.seen.near.hash, kind);
      assert.equal(body.verdict, "allow");
    }
    const { body } = await look("pdq", checked.fingerprint.pdq);
    assert.deepEqual([body.seen.near.distance, body.classification.source], [0, "near"]);
  });

  it("tells of a ban made since the image was seen, by the very next look-up", async () => {
    const picture = await detailedPicture(503);
    const copy = await shrunkCopy(picture);
    const { body: seen } = await check(service, copy);
    assert.equal((await look("sha1", seen.fingerprint.sha1)).body.verdict, "allow");
    await ask(service, "POST", "/v1/lists", { body: { name: "later" } });
    await ask(service, "POST", "/v1/lists/later/entries", { body: picture });
    const { body } = await look("sha1", seen.fingerprint.sha1);
    assert.deepEqual([body.verdict, body.matches[0].list], ["block", "later"]);
  });

  it("takes the graver answer where two files share a digest", async () => {
    const innocent = await check(service, await detailedPicture(504));
    const guilty = await check(service, await detailedPicture(505));
    await ask(service, "POST", "/v1/lists", { body: { name: "collision" } });
    const hashes = { sha256: guilty.body.fingerprint.sha256 };
    await ask(service, "POST", "/v1/lists/collision/entries", { body: { hashes } });
    await service.context.db.pool.query("update image set sha1 = decode($1, 'hex') where encode(sha256, 'hex') = $2", [
      innocent.body.fingerprint.sha1,
      guilty.body.fingerprint.sha256,
    ]);
    assert.equal((await look("sha1", innocent.body.fingerprint.sha1)).body.verdict, "block");
  });

  it("never allows what it has no scores of, and goes by an older model's scores until the image is sent again", async () => {
    const unscored = await check(service, await detailedPicture(506), { query: "?classify=never" });
    const { body } = await look("sha1", unscored.body.fingerprint.sha1);
    assert.deepEqual([body.known, body.verdict, body.reasons[0].code], [true, "unknown", "not_classified"]);
    const scored = await check(service, await detailedPicture(507));
    await service.context.db.pool.query(
      "update image set model = 'older@1', scores = $2 where encode(sha256, 'hex') = $1",
      [scored.body.fingerprint.sha256, JSON.stringify({ drawing: 0, hentai: 0, neutral: 0.01, porn: 0.99, sexy: 0 })],
    );
    const older = await look("sha1", scored.body.fingerprint.sha1);
    assert.deepEqual([older.body.verdict, older.body.classification.model], ["block", "older@1"]);
  });

  it("goes by a scored near-duplicate where a nearer one has no scores", async () => {
    const picture = await detailedPicture(508);
    const copy = await shrunkCopy(picture, 0.8);
    const scored = await check(service, picture);
    const unscored = await check(service, copy, { query: "?classify=never" });
    const { body } = await look("pdq", unscored.body.fingerprint.pdq);
    assert.deepEqual(body.classification.scores, scored.body.classification.scores);
    assert.equal(body.classification.source, "near");
  });

  it("calls a hash that every flat picture shares insufficient", async () => {
    const { body } = await look("blockhash", "0".repeat(64));
    assert.deepEqual([body.known, body.verdict, body.reasons[0].code], [false, "unknown", "insufficient_detail"]);
  });
});

describe("POST /v1/hashes/check", () => {
  it("answers 1000 hashes of mixed kinds in their order", async () => {
    const { body: checked } = await check(service, await detailedPicture(510));
    const hashes = Array.from({ length: 1000 }, (_, index) => {
      if (index === 7) return { kind: "sha1", value: checked.fingerprint.sha1 };
      if (index === 500) return { kind: "md5", value: checked.fingerprint.md5 };
      return { kind: "sha256", value: index.toString(16).padStart(64, "0") };
    });
    const { status, body } = await ask(service, "POST", "/v1/hashes/check", { body: { hashes } });
    assert.equal(status, 200);
    assert.equal(body.answers.length, 1000);
    for (const [index, answer] of body.answers.entries()) {
      assert.equal(answer.known, index === 7 || index === 500, `answer ${index}`);
      const { kind, value } = hashes[index]!;
      assert.equal(answer.fingerprint[kind], value);
    }
  });
});
