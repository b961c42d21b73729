import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createAppContext } from "../../src/app-context.ts";
import { readConfig } from "../../src/config.ts";
import { createLogger } from "../../src/logger.ts";
import { createEmptyDatabase } from "../support/database.ts";
import { detailedPicture, shrunkCopy } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let one: TestService;
let two: TestService;
before(async () => {
  one = await startService();
  two = await startService({ databaseUrl: one.databaseUrl, workers: one.context.workers });
});
after(async () => {
  await two.close();
  await one.close();
});

async function classifierRuns(service: TestService): Promise<number> {
  const { values } = await service.context.metrics.classifierRuns.get();
  return values[0]?.value ?? 0;
}

describe("two services on one database", () => {
  it("enforce each other's bans and lifts with the very next request", async () => {
    const picture = await detailedPicture(701);
    const copy = await shrunkCopy(picture);
    await ask(one, "POST", "/v1/lists", { body: { name: "shared" } });
    for (let round = 0; round < 10; round++) {
      const [writer, reader] = round % 2 === 0 ? [one, two] : [two, one];
      const { body: entry } = await ask(writer, "POST", "/v1/lists/shared/entries", { body: picture });
      const query = "?classify=never";
      assert.equal((await check(reader, copy, { query })).body.verdict, "block");
      await ask(writer, "DELETE", `/v1/lists/shared/entries/${entry.id}`);
      assert.equal((await check(reader, copy, { query })).body.verdict, "allow");
    }
  });

  it("classify an image that is new to both once between them", async () => {
    const { key } = await one.createKey({ name: "both", quota: { limit: 100, period: "day" } });
    const picture = await detailedPicture(702);
    const before = (await classifierRuns(one)) + (await classifierRuns(two));
    const uploads = Array.from({ length: 40 }, (_, index) => check(index % 2 === 0 ? one : two, picture, { key }));
    const answers = await Promise.all(uploads);
    assert.ok(answers.every(({ status }) => status === 200));
    assert.equal((await classifierRuns(one)) + (await classifierRuns(two)) - before, 1);
    assert.equal((await ask(one, "GET", "/v1/quota", { key })).body.remaining, 99);
  });

  it("take over the image of a process that died while working on it", async () => {
    const picture = await detailedPicture(703);
    const { body } = await check(one, picture, { query: "?classify=never" });
    await one.context.db.pool.query(
      "delete from image_pdq; delete from image_blockhash; delete from sighting; delete from image",
    );
    await one.context.db.pool.query(
      "insert into image_claim (sha256, sha1, owner, expires_at) values (decode($1, 'hex'), decode($2, 'hex'), 'dead', now() - interval '1 second')",
      [body.fingerprint.sha256, body.fingerprint.sha1],
    );
    assert.equal((await check(two, picture)).status, 200);
  });
});

describe("20 services that start at once on an empty database", () => {
  it("all come up, and one of them alone makes a first admin key", async () => {
    const empty = await createEmptyDatabase();
    const config = { ...readConfig({}), databaseUrl: empty.url, databasePoolSize: 2 };
    const overrides = { logger: createLogger("silent"), workers: one.context.workers };
    const opened = await Promise.all(Array.from({ length: 20 }, () => createAppContext(config, overrides)));
    const firstAdminKeys = await Promise.all(opened.map(({ begin }) => begin()));
    assert.equal(firstAdminKeys.filter((key) => key !== null).length, 1);
    await Promise.all(opened.map(({ close }) => close()));
    const again = await createAppContext(config, overrides);
    assert.equal(await again.begin(), null);
    await again.close();
    await empty.drop();
  });
});
