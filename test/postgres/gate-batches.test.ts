import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { createGateBatches } from "../../src/db/gate-batches.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { idleFollower } from "../support/idle-follower.ts";

let test: TestDatabase;
before(async () => {
  test = await createTestDatabase();
});
after(() => test.drop());

const caller = { address: "192.0.2.1", limit: 10 };
const digest = (algorithm: string, text: string) => createHash(algorithm).update(text).digest("hex");

async function storeImage(text: string): Promise<void> {
  await test.database.pool.query(
    `insert into image (sha256, sha1, md5, byte_length, format, width, height, frames, pdq_quality, detail, fingerprint_version)
     values (decode($1, 'hex'), decode($2, 'hex'), decode($3, 'hex'), 1, 'png', 1, 1, 1, 0, 'insufficient', 1)`,
    [digest("sha256", text), digest("sha1", text), digest("md5", text)],
  );
}

describe("batched look-ups", () => {
  it("answer each of 300 concurrent ones with its own images, by far fewer statements", async () => {
    for (let image = 0; image < 20; image++) await storeImage(`image ${image}`);
    const { pool } = test.database;
    let statements = 0;
    const counted = new Proxy(pool, {
      get(target, member) {
        if (member !== "query") return Reflect.get(target, member);
        return (query: never) => {
          statements += 1;
          return target.query(query);
        };
      },
    });
    const gates = createGateBatches({ ...test.database, pool: counted }, idleFollower);
    const found = await Promise.all(
      Array.from({ length: 300 }, (_, number) =>
        gates.lookUp("sha1", [digest("sha1", `image ${number % 30}`)], caller),
      ),
    );
    for (const [number, { images, quota }] of found.entries()) {
      const expected = number % 30 < 20 ? [digest("sha256", `image ${number % 30}`)] : [];
      assert.deepEqual(
        images.map((image) => image.digests.sha256),
        expected,
        `look-up ${number}`,
      );
      assert.equal(quota?.remaining, 10);
    }
    assert.ok(statements < 10, `${statements} statements`);
  });

  it("see what was committed before they came in, even while another statement is under way", async () => {
    const gates = createGateBatches(test.database, idleFollower);
    for (let round = 0; round < 50; round++) {
      const early = [1, 2, 3].map((each) => gates.lookUp("md5", [digest("md5", `early ${round} ${each}`)], caller));
      await storeImage(`late ${round}`);
      const { images } = await gates.lookUp("md5", [digest("md5", `late ${round}`)], caller);
      assert.equal(images.length, 1);
      await Promise.all(early);
    }
  });

  it("fail together with their statement and leave the next ones working", async () => {
    const gates = createGateBatches(test.database, idleFollower);
    const pool = { query: () => Promise.reject(new Error("gone")) } as never;
    const broken = createGateBatches({ ...test.database, pool }, idleFollower);
    const failed = await Promise.allSettled(Array.from({ length: 5 }, () => broken.lookUp("sha1", ["00"], caller)));
    assert.ok(failed.every(({ status }) => status === "rejected"));
    assert.equal((await gates.lookUp("sha1", [digest("sha1", "image 1")], caller)).images.length, 1);
  });

  it("fail in the time of a lone one where they wait for statements that get no answer", async () => {
    const pool = { query: () => new Promise(() => {}) } as never;
    const silent = createGateBatches({ ...test.database, pool, answersWithinMs: 50 }, idleFollower);
    const asked = Array.from({ length: 5 }, () => silent.lookUp("sha1", ["00"], caller));
    await assert.rejects(Promise.race(asked), { code: "database_unavailable" });
    const waiting = await Promise.allSettled(asked.slice(2));
    assert.ok(waiting.every(({ status }) => status === "rejected"));
  });
});
