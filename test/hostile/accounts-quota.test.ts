import { after, before, describe, it } from "node:test";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { flatPicture } from "../support/pictures.ts";
import { sendQuotaLoad } from "../support/quota-load.ts";
import { type QuotaRunKind, runQuota } from "../support/quota-run.ts";
import { type ServiceCrew, startServiceCrew } from "../support/service-crew.ts";

const ADMIN_KEY = "admin-key-for-the-tests-only";
const UNITS = 100;

const RUNS: readonly (QuotaRunKind & { readonly requests: number; readonly title: string })[] = [
  { title: "100 units of an address", payer: "address", rollsOver: false, requests: 300 },
  { title: "100 units of a key", payer: "key", rollsOver: false, requests: 200 },
  { title: "an address's allowance that comes back under way", payer: "address", rollsOver: true, requests: 300 },
  { title: "a key's 100 units a day when a day ends under way", payer: "key", rollsOver: true, requests: 250 },
];

describe("64 clients on three processes", () => {
  let database: TestDatabase;
  let crew: ServiceCrew;
  before(async () => {
    database = await createTestDatabase();
    crew = await startServiceCrew(3, {
      DATABASE_URL: database.url,
      DATABASE_POOL_SIZE: "8",
      ADMIN_KEY,
      FREE_CALLS_PER_DAY: String(UNITS),
      TRUST_PROXY: "1",
      LOG_LEVEL: "warn",
    });
  });
  after(async () => {
    await crew.stop();
    await database.drop();
  });

  for (const [index, { title, requests, ...kind }] of RUNS.entries()) {
    it(`are granted exactly ${title}`, async () => {
      const { pool } = database.database;
      const image = await flatPicture("#7a1f3c", 8, 8);
      const stage = {
        pool,
        ports: crew.ports,
        adminKey: ADMIN_KEY,
        image,
        units: UNITS,
        requests,
        clients: 64,
        burst: 50,
      };
      await runQuota(stage, kind, String(index + 1), sendQuotaLoad);
    });
  }
});
