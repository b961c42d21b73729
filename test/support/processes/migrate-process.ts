import { once } from "node:events";
import { openDatabase } from "../../../src/db/client.ts";
import { migrateDatabase } from "../../../src/db/migrate.ts";
import { quietLogger } from "../database.ts";

// One starting service: node migrate-process.ts <database URL>, with an IPC channel. Says "loaded", waits for
// a message so that many can begin at the same moment, migrates, and exits 0 once it can query.

const [connectionString = ""] = process.argv.slice(2);
process.send?.("loaded");
await once(process, "message");
process.disconnect();
await migrateDatabase({ connectionString }, { logger: quietLogger });
const database = await openDatabase(
  { connectionString },
  { poolSize: 2, logger: quietLogger, applicationName: "lookalike migrate test" },
);
await database.close();
