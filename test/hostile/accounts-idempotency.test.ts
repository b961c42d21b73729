import { it } from "node:test";
import { createTestDatabase } from "../support/database.ts";
import { runIdempotency } from "../support/idempotency-run.ts";
import { flatPicture } from "../support/pictures.ts";
import { startServiceCrew } from "../support/service-crew.ts";

const ADMIN_KEY = "admin-key-for-the-tests-only";

it("16 keys, each sent eight times at once to two processes and again after a kill, run once each", async (t) => {
  const database = await createTestDatabase();
  t.after(() => database.drop());
  const crew = await startServiceCrew(2, {
    DATABASE_URL: database.url,
    ADMIN_KEY,
    FREE_CALLS_PER_DAY: "100000",
    TRUST_PROXY: "1",
    LOG_LEVEL: "warn",
  });
  t.after(() => crew.stop());
  const { pool } = database.database;
  const image = await flatPicture("#3c7a1f", 8, 8);
  await runIdempotency({
    pool,
    crew,
    adminKey: ADMIN_KEY,
    image,
    keys: 16,
    lanes: 4,
    tell: (what) => t.diagnostic(what),
  });
});
