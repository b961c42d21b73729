import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type FaultyPostgres, startFaultyPostgres } from "../support/faulty-postgres.ts";
import { untilReady } from "../support/hot-memory.ts";
import { detailedPicture, shrunkCopy } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let database: TestDatabase;
let proxy: FaultyPostgres;
let service: TestService;
before(async () => {
  database = await createTestDatabase({ poolSize: 1 });
  // Only the session of the rows in memory meets faults.
  proxy = await startFaultyPostgres(database.url, { counts: (name) => name === "lookalike memory" });
  service = await startService({ databaseUrl: proxy.url, config: { hotIndexMb: 64 } });
  await ask(service, "POST", "/v1/lists", { body: { name: "banned" } });
});
after(async () => {
  proxy.heal();
  await service.close();
  await proxy.close();
  await database.drop();
});

for (const [place, fault] of (["server_hang", "terminated", "exhausted"] as const).entries()) {
  it(`a ban holds from the next check on, while the session of the rows in memory is lost: ${fault}`, async (t) => {
    await untilReady(service.context.hotMemory);
    t.after(() => proxy.heal());
    const picture = await detailedPicture(7100 + place);
    const copy = await shrunkCopy(picture);
    assert.equal((await check(service, picture)).body.verdict, "allow");
    proxy.breakDown(fault);
    const ban = await ask(service, "POST", "/v1/lists/banned/entries", { body: picture });
    assert.equal(ban.status, 201);
    const checks = await Promise.all([check(service, copy), check(service, picture)]);
    assert.deepEqual(
      checks.map(({ body }) => body.verdict),
      ["block", "block"],
    );
    await ask(service, "DELETE", `/v1/lists/banned/entries/${ban.body.id}`);
    assert.equal((await check(service, picture)).body.verdict, "allow");
  });
}
