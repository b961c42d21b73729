import assert from "node:assert/strict";
import { after, it } from "node:test";
import { openDatabase } from "../../src/db/client.ts";
import { createEmptyDatabase, quietLogger } from "../support/database.ts";
import { flatPicture } from "../support/pictures.ts";
import { startServiceProcess } from "../support/service-process.ts";

const ADMIN_KEY = "a key for the overloaded drain";
const CLIENTS = 24;
/** Answered before the service is told to stop. */
const ENOUGH = 30;

const empty = await createEmptyDatabase();
after(() => empty.drop());

it("a service told to stop while it refuses requests answers what it took and has stored every check it answered", async () => {
  const service = await startServiceProcess({ DATABASE_URL: empty.url, ADMIN_KEY, MAX_REQUESTS: "8" });
  const acknowledged: string[] = [];
  let refused = 0;
  let unanswered = 0;
  let stopped = false;

  async function upload(picture: Buffer): Promise<boolean> {
    try {
      const response = await fetch(`${service.url}/v1/images/check`, {
        method: "POST",
        headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "image/png" },
        body: new Uint8Array(picture),
      });
      const body = (await response.json()) as { id: string };
      if (response.status === 200) acknowledged.push(body.id);
      else assert.equal(response.status, 503, JSON.stringify(body));
      if (response.status === 503) refused += 1;
      return true;
    } catch (error) {
      // No connection any more, or one that was kept alive and is closed now: nothing was promised.
      assert.ok(stopped, String(error));
      unanswered += 1;
      return false;
    }
  }
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    for (let number = 0; ; number++) {
      const colour = `#${client.toString(16).padStart(2, "0")}${(number % 65536).toString(16).padStart(4, "0")}`;
      if (!(await upload(await flatPicture(colour)))) return;
      if (acknowledged.length >= ENOUGH && refused > 0 && !stopped) {
        stopped = true;
        service.child.kill("SIGTERM");
      }
    }
  });
  await Promise.all(clients);
  assert.equal(await service.exited, 0);
  assert.equal(unanswered, CLIENTS);
  assert.ok(refused > 0);
  const database = await openDatabase(empty.connection, { poolSize: 2, logger: quietLogger, applicationName: "test" });
  const { rows } = await database.pool.query<{ checks: number; times: number }>(
    "select count(*)::int as checks, coalesce(sum(times_seen), 0)::int as times from image",
  );
  await database.close();
  const stored = rows[0]?.times ?? 0;
  assert.ok(new Set(acknowledged).size === acknowledged.length);
  assert.ok(stored >= acknowledged.length, `${stored} stored, ${acknowledged.length} acknowledged`);
  assert.ok(stored <= acknowledged.length + CLIENTS, `${stored} stored, ${acknowledged.length} acknowledged`);
});
