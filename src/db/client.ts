import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import type pg from "pg";
import { AppError } from "../errors.ts";
import { createPing } from "./ping.ts";
import {
  answersWithinMs,
  CONNECTION_TIMEOUT_MS,
  createPool,
  type IdleClients,
  INDEXES_ALWAYS,
  openPatientPool,
  openSearchPool,
} from "./pools.ts";

/** How a PostgreSQL is reached: the URL of DATABASE_URL, or the parts (`host` is a folder for a Unix socket). */
export type DatabaseConnection =
  | { readonly connectionString: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly database: string;
      /** False: whatever PGSSLMODE says. */
      readonly ssl?: false;
    };

/** The part of the service's logger that this layer writes to. */
export interface DatabaseLogger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface DatabaseOptions {
  /** Most connections of `pool`; `searchPool` has at most 4 more, `patient` two. */
  readonly poolSize: number;
  readonly logger: DatabaseLogger;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /**
   * Default 30 000. A statement that runs longer fails with SQLSTATE 57014, and one whose connection doesn't answer any more
   * is given up with its connection, a moment later so that the server can speak first. The wait for a connection counts too:
   * together they take {@link Database.answersWithinMs} at most.
   */
  readonly statementTimeoutMs?: number;
}

/** The one database of the service. */
export interface Database {
  readonly pool: pg.Pool;
  /** For the Hamming search alone: its sessions plan each statement once, for indexes. */
  readonly searchPool: pg.Pool;
  /** drizzle over `pool`. */
  readonly orm: NodePgDatabase;
  /** For housekeeping and commands, whose statements may take ten minutes: connections of its own, made when needed. */
  readonly patient: Pick<Database, "pool" | "orm">;
  /** Ms within which a statement has its answer or fails, the wait for a connection included. */
  readonly answersWithinMs: number;
  /** Whether requests can be answered at this moment; tells within a second, never throws. */
  ping(): Promise<boolean>;
  /**
   * Waits for the queries under way, for those of housekeeping a second at most, then closes every connection. A second call
   * does nothing.
   */
  close(): Promise<void>;
}

const OLDEST_SERVER_MAJOR = 14;

/**
 * Opens the pools and makes one connection, so that a wrong address is known at the start.
 *
 * @throws AppError `database_unavailable`: no answer, access refused, or a server older than PostgreSQL 14.
 */
export async function openDatabase(connection: DatabaseConnection, options: DatabaseOptions): Promise<Database> {
  const idle: IdleClients = new Set();
  const pool = createPool(connection, options, { max: options.poolSize, idle }, [INDEXES_ALWAYS]);
  const searchPool = openSearchPool(connection, options, { idle });
  const patient = openPatientPool(connection, options, idle);
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    await Promise.all([pool.end(), searchPool.end(), patient.end()]);
  }
  const database: Database = {
    pool,
    searchPool,
    orm: drizzle(pool),
    patient: { pool: patient.pool, orm: drizzle(patient.pool) },
    answersWithinMs: answersWithinMs(options),
    ping: createPing(pool),
    close() {
      closing ??= close();
      return closing;
    },
  };
  try {
    await requireSupportedServer(pool);
  } catch (error) {
    await database.close();
    throw unavailable(error);
  }
  return database;
}

/**
 * @throws AppError `database_unavailable` when the server is older than PostgreSQL 14, whose `bit_count` and
 * `bit # bit` the search needs.
 */
export async function requireSupportedServer(queryable: Pick<pg.ClientBase, "query">): Promise<void> {
  const asked: pg.QueryConfig & { query_timeout: number } = {
    text: "select current_setting('server_version') as version, current_setting('server_version_num')::int as number",
    query_timeout: CONNECTION_TIMEOUT_MS,
  };
  const { rows } = await queryable.query<{ version: string; number: number }>(asked);
  const server = rows[0];
  if (server === undefined || server.number < OLDEST_SERVER_MAJOR * 10_000) {
    throw new AppError(
      "database_unavailable",
      `Expected PostgreSQL ${OLDEST_SERVER_MAJOR} or newer for DATABASE_URL but received ${server?.version ?? "nothing"}`,
    );
  }
}

/** What went wrong with the database as an AppError that says what was `expected`; an AppError stays as it is. */
export function unavailable(error: unknown, expected = "a database that answers"): AppError {
  if (error instanceof AppError) return error;
  const message = `Expected ${expected} but received: ${reasonOf(error)}`;
  return new AppError("database_unavailable", message, {}, { cause: error });
}

function reasonOf(error: unknown): string {
  // Node reports a host name with several addresses as an AggregateError, whose own message is empty.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  if (!(error instanceof Error)) return String(error);
  // drizzle's own message is the statement; the server's is its cause.
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
