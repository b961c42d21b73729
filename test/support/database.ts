import { randomBytes } from "node:crypto";
import pg from "pg";
import { type Database, type DatabaseConnection, type DatabaseLogger, openDatabase } from "../../src/db/client.ts";

/** Where test/support/run.ts tells the test processes about the server it has started. */
export const TEST_SERVER_VARIABLE = "LOOKALIKE_TEST_SERVER";

/** The server that the tests share. */
export interface TestServer {
  /** A role with CREATEDB. */
  readonly connection: DatabaseConnection;
  /** A migrated database that nobody is connected to. */
  readonly template: string;
}

export interface TestDatabase {
  readonly connection: DatabaseConnection;
  /** The same as `connection`, as DATABASE_URL takes it. */
  readonly url: string;
  readonly database: Database;
  /** Closes `database` and removes it, whoever else is connected. */
  drop(): Promise<void>;
}

export const quietLogger: DatabaseLogger = { info() {}, warn() {}, error() {} };

/** The server under test; for tests of the server itself. Others take {@link createTestDatabase}. */
export function testServer(): TestServer {
  const server = process.env[TEST_SERVER_VARIABLE];
  if (server === undefined) throw new Error(`Start tests that need a database by: npm test <file>`);
  return JSON.parse(server);
}

/** Makes a database of its own for one test file: migrated, empty, with a random name. */
export async function createTestDatabase(options: { readonly poolSize?: number } = {}): Promise<TestDatabase> {
  const server = testServer();
  const name = `lookalike_test_${randomBytes(8).toString("hex")}`;
  await execute(server.connection, `create database ${name} template ${server.template}`);
  const connection = withDatabase(server.connection, name);
  const database = await openDatabase(connection, {
    poolSize: options.poolSize ?? 5,
    logger: quietLogger,
    applicationName: "lookalike test",
  });
  return {
    connection,
    url: connectionUrl(connection),
    database,
    async drop() {
      await database.close();
      await execute(server.connection, `drop database ${name} with (force)`);
    },
  };
}

/** Makes an empty database, not migrated; `drop` removes it. */
export async function createEmptyDatabase(): Promise<Pick<TestDatabase, "connection" | "url" | "drop">> {
  const server = testServer();
  const name = `lookalike_test_${randomBytes(8).toString("hex")}`;
  await execute(server.connection, `create database ${name}`);
  const connection = withDatabase(server.connection, name);
  return {
    connection,
    url: connectionUrl(connection),
    drop: () => execute(server.connection, `drop database ${name} with (force)`),
  };
}

/** The same server and role, another database. */
export function withDatabase(connection: DatabaseConnection, database: string): DatabaseConnection {
  if (!("connectionString" in connection)) return { ...connection, database };
  const url = new URL(connection.connectionString);
  url.pathname = `/${database}`;
  return { connectionString: url.href };
}

export function connectionUrl(connection: DatabaseConnection): string {
  if ("connectionString" in connection) return connection.connectionString;
  const { host, port, user, database } = connection;
  const query = new URLSearchParams({ host, port: String(port) });
  return `postgresql://${encodeURIComponent(user)}@localhost/${encodeURIComponent(database)}?${query}`;
}

/** Runs one statement on a connection of its own. */
export async function execute(connection: DatabaseConnection, statement: string): Promise<void> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
