import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import { AppError } from "../errors.ts";
import { boundQueries } from "./bounded-queries.ts";
import { createPing } from "./ping.ts";

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

/** What a pool for searches has otherwise than {@link Database.searchPool}. */
export interface SearchPoolLimits {
  /** Default 10 000. */
  readonly connectionTimeoutMillis?: number;
  /** Ms after which a query fails and its connection is given up; default: never. */
  readonly query_timeout?: number;
  /** Called with each new connection before it is used; where it fails, so does whoever asked for the connection. */
  onConnect?(client: pg.ClientBase): Promise<void>;
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
const STATEMENT_TIMEOUT_MS = 30_000;
const CONNECTION_TIMEOUT_MS = 10_000;
/** Of a statement's time: what is waited for the server's own refusal, and for a connection and the statement together. */
const REFUSAL_SHARE = 1.1;
const ANSWER_SHARE = 1.3;
const GRACE_MS = 100;
const SEARCH_POOL_SIZE_MAX = 4;
const PATIENT_POOL_SIZE = 2;
const PATIENT_TIMEOUT_MS = 600_000;
const PATIENT_IDLE_MS = 10_000;
/** Ms that housekeeping has at the end: what it does is done again by the next start. */
const LAST_WORDS_MS = 1_000;

// A custom plan estimates each of the ~2,800 probes of one search, every time. A generic plan is made once, and without
// looking at the values: made while the table is small it would read all of it, and go on doing so once it is large.
// So would a look-up that was prepared on an empty table: measured 90 ms beside 0.4 with 300,000 rows and no analyze yet.
const INDEXES_ALWAYS = "enable_seqscan = off";
// Above 8 MB of rows the planner would have other processes help, and starting them takes longer than most searches do:
// measured 10 to 18 ms beside 2 with 200,000 rows.
const ONE_PROCESS = "max_parallel_workers_per_gather = 0";
// A bitmap of candidates that doesn't fit keeps whole pages instead of rows, and every row of those is compared with every
// probe: measured more than 60 s beside 0.8 with 10 million rows, 8 hashes, 40 bits. It takes 64 bytes a page with
// candidates, so this is enough for 30 GB of rows in one table or partition; only as much as is needed is used.
const ROOM_FOR_CANDIDATES = "work_mem = '256MB'";
const SEARCH_SETTINGS = ["plan_cache_mode = force_generic_plan", INDEXES_ALWAYS, ONE_PROCESS, ROOM_FOR_CANDIDATES];

/**
 * Opens the pools and makes one connection, so that a wrong address is known at the start.
 *
 * @throws AppError `database_unavailable`: no answer, access refused, or a server older than PostgreSQL 14.
 */
export async function openDatabase(connection: DatabaseConnection, options: DatabaseOptions): Promise<Database> {
  const pool = createPool(connection, options, { max: options.poolSize }, [INDEXES_ALWAYS]);
  const searchPool = openSearchPool(connection, options);
  const patient = openPatientPool(connection, options);
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
 * Ends a connection without a word to the server: one that no longer answers would not say goodbye either, and pg-pool
 * serves those who wait for a connection only after it has.
 */
export function cutOff(client: pg.ClientBase): void {
  (client as pg.Client).connection.stream.destroy();
}

function openPatientPool(
  connection: DatabaseConnection,
  options: DatabaseOptions,
): { readonly pool: pg.Pool; end(): Promise<void> } {
  const timeoutMs = Math.max(PATIENT_TIMEOUT_MS, statementTimeoutMs(options));
  const limits = {
    max: PATIENT_POOL_SIZE,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    idleTimeoutMillis: PATIENT_IDLE_MS,
  };
  const pool = createPool(connection, { ...options, statementTimeoutMs: timeoutMs }, limits, []);
  const open = new Set<pg.ClientBase>();
  pool.on("connect", (client) => open.add(client));
  pool.on("remove", (client) => open.delete(client));
  return {
    pool,
    async end() {
      const ended = pool.end();
      const timer = setTimeout(() => open.forEach(cutOff), LAST_WORDS_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** A pool whose sessions search as those of `searchPool` do. It connects when it is first used. */
export function openSearchPool(
  connection: DatabaseConnection,
  options: DatabaseOptions,
  limits: SearchPoolLimits = {},
): pg.Pool {
  const max = Math.min(SEARCH_POOL_SIZE_MAX, options.poolSize);
  return createPool(connection, options, { ...limits, max }, SEARCH_SETTINGS);
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

/** What a statement of a request may take. */
export function statementTimeoutMs(options: DatabaseOptions): number {
  return options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
}

function answersWithinMs(options: DatabaseOptions): number {
  return statementTimeoutMs(options) * ANSWER_SHARE + GRACE_MS;
}

function createPool(
  connection: DatabaseConnection,
  options: DatabaseOptions,
  limits: SearchPoolLimits & { readonly max: number; readonly idleTimeoutMillis?: number },
  settings: readonly string[],
): pg.Pool {
  const timeoutMs = statementTimeoutMs(options);
  // By `set` and not by startup options: connection poolers refuse those.
  const setup = [`statement_timeout = ${Math.trunc(timeoutMs)}`, "jit = off", ...settings]
    .map((setting) => `set ${setting}`)
    .join("; ");
  const pool = new pg.Pool({
    ...connection,
    application_name: options.applicationName,
    connectionTimeoutMillis: Math.min(CONNECTION_TIMEOUT_MS, answersWithinMs(options)),
    query_timeout: timeoutMs * REFUSAL_SHARE + GRACE_MS,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    ...limits,
    async onConnect(client) {
      await client.query(setup);
      await limits.onConnect?.(client);
    },
  });
  // Without a listener the loss of an idle connection would end the process; the pool itself replaces it.
  pool.on("error", (error) => options.logger.warn({ err: error }, "An idle database connection was lost"));
  // While a connection is in use the pool doesn't listen to it, and between two statements of a transaction no query does:
  // the next statement reports the loss.
  const onLost = (error: Error) => options.logger.warn({ err: error }, "A database connection was lost while in use");
  pool.on("acquire", (client) => client.on("error", onLost));
  pool.on("release", (error, client) => {
    client.off("error", onLost);
    if (error) cutOff(client);
  });
  boundQueries(pool, answersWithinMs(options));
  return pool;
}
