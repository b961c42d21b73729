import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { AppError } from "../errors.ts";
import { type DatabaseConnection, type DatabaseLogger, requireSupportedServer, unavailable } from "./client.ts";
import { partitionFingerprints } from "./partition-fingerprints.ts";
import { grantToService, revokeFromOwner } from "./service-role.ts";

export interface MigrateOptions {
  readonly logger: DatabaseLogger;
  /** drizzle-kit's folder: `NNNN_name.sql` and `meta/_journal.json`. Default: the project's `migrations/`. */
  readonly migrationsFolder?: string;
  /** 1..64; counts while the fingerprint tables have no rows. Default: 1, plain tables. */
  readonly fingerprintPartitions?: number;
  /** Another role that is to serve, and gets the rights that this takes. Default: who migrates serves. */
  readonly serviceRole?: string;
}

interface Journal {
  readonly entries: readonly { readonly when: number; readonly tag: string }[];
}

// The same number of levels up from src/db and from dist/db.
const MIGRATIONS_FOLDER = fileURLToPath(new URL("../../migrations", import.meta.url));

// Any constant that no other program on the same database is likely to use: "lookalik" in ASCII, as a bigint.
const MIGRATION_LOCK = "7813586385497778539";

/**
 * Brings the database up to the newest migration. drizzle's own `migrate` takes no lock, so processes that start
 * together would create the same tables; here they take turns. The lock and the migrations share one connection: when
 * it breaks, both end. Where nothing is missing, a role that may not migrate will do.
 *
 * @throws AppError `database_unavailable`: no answer, a server older than PostgreSQL 14, or a database that a newer
 * version of the service has migrated.
 */
export async function migrateDatabase(connection: DatabaseConnection, options: MigrateOptions): Promise<void> {
  const migrationsFolder = options.migrationsFolder ?? MIGRATIONS_FOLDER;
  const client = new pg.Client({
    ...connection,
    application_name: "lookalike migrate",
    connectionTimeoutMillis: 10_000,
  });
  // A connection lost between two statements is an event, not a rejection; the next statement reports it.
  client.on("error", (error) => options.logger.warn({ err: error }, "The migrating connection was lost"));
  try {
    await client.connect();
    await requireSupportedServer(client);
    await client.query("set statement_timeout = 0; set lock_timeout = 0; set client_min_messages = warning");
    await lock(client, options.logger);
    await refuseNewerDatabase(client, migrationsFolder);
    // drizzle asks for the right to create schemas first, whatever there is to do.
    if (await lacksMigrations(client, migrationsFolder)) await migrate(drizzle(client), { migrationsFolder });
    await partitionFingerprints(client, options.fingerprintPartitions ?? 1, options.logger);
    await revokeFromOwner(client);
    if (options.serviceRole !== undefined) await grantToService(client, options.serviceRole);
  } catch (error) {
    throw unavailable(error, "a database that can be migrated");
  } finally {
    // Ends the session, and the lock with it.
    await client.end();
  }
}

async function lock(client: pg.Client, logger: DatabaseLogger): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>("select pg_try_advisory_lock($1) as locked", [
    MIGRATION_LOCK,
  ]);
  if (rows[0]?.locked === true) return;
  logger.info({}, "Waiting for another process to finish migrating the database");
  await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
}

async function readJournal(migrationsFolder: string): Promise<Journal> {
  return JSON.parse(await readFile(`${migrationsFolder}/meta/_journal.json`, "utf8"));
}

async function hasHistory(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ present: boolean }>(
    "select to_regclass('drizzle.__drizzle_migrations') is not null as present",
  );
  return rows[0]?.present === true;
}

/** By the time of the newest one, as drizzle itself does. */
async function lacksMigrations(client: pg.Client, migrationsFolder: string): Promise<boolean> {
  if (!(await hasHistory(client))) return true;
  const newest = (await readJournal(migrationsFolder)).entries.at(-1)?.when ?? 0;
  const { rows } = await client.query<{ lacking: boolean }>(
    "select coalesce(max(created_at), 0) < $1 as lacking from drizzle.__drizzle_migrations",
    [newest],
  );
  return rows[0]?.lacking !== false;
}

async function refuseNewerDatabase(client: pg.Client, migrationsFolder: string): Promise<void> {
  if (!(await hasHistory(client))) return;
  const journal = await readJournal(migrationsFolder);
  const known = journal.entries.map((entry) => entry.when);
  const { rows } = await client.query<{ unknown: number }>(
    "select count(*)::int as unknown from drizzle.__drizzle_migrations where created_at <> all ($1::bigint[])",
    [known],
  );
  const unknown = rows[0]?.unknown ?? 0;
  if (unknown === 0) return;
  const newest = journal.entries.at(-1)?.tag ?? "none";
  throw new AppError(
    "database_unavailable",
    `Expected a database migrated no further than ${newest} but received one with ${unknown} migration(s) unknown to ` +
      "this version of the service: start the newer version, or restore a backup made before it ran",
  );
}
