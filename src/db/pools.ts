import pg from "pg";
import { boundQueries, isUnanswered } from "./bounded-queries.ts";
import type { DatabaseConnection, DatabaseOptions } from "./client.ts";

/** What a pool for searches has otherwise than {@link Database.searchPool}. */
export interface SearchPoolLimits {
  /** Default 10 000. */
  readonly connectionTimeoutMillis?: number;
  /** Ms after which a query fails and its connection is given up; default: never. */
  readonly query_timeout?: number;
  /** Called with each new connection before it is used; where it fails, so does whoever asked for the connection. */
  onConnect?(client: pg.ClientBase): Promise<void>;
  /** Default: of this pool alone. */
  readonly idle?: IdleClients;
}

/** Connections of one server that nobody uses at this moment, of all its pools. */
export type IdleClients = Set<pg.ClientBase>;

const STATEMENT_TIMEOUT_MS = 30_000;
export const CONNECTION_TIMEOUT_MS = 10_000;
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
export const INDEXES_ALWAYS = "enable_seqscan = off";
// Above 8 MB of rows the planner would have other processes help, and starting them takes longer than most searches do:
// measured 10 to 18 ms beside 2 with 200,000 rows.
const ONE_PROCESS = "max_parallel_workers_per_gather = 0";
// A bitmap of candidates that doesn't fit keeps whole pages instead of rows, and every row of those is compared with every
// probe: measured more than 60 s beside 0.8 with 10 million rows, 8 hashes, 40 bits. It takes 64 bytes a page with
// candidates, so this is enough for 30 GB of rows in one table or partition; only as much as is needed is used.
const ROOM_FOR_CANDIDATES = "work_mem = '256MB'";
const SEARCH_SETTINGS = ["plan_cache_mode = force_generic_plan", INDEXES_ALWAYS, ONE_PROCESS, ROOM_FOR_CANDIDATES];

/**
 * Ends a connection without a word to the server: one that no longer answers would not say goodbye either, and pg-pool
 * serves those who wait for a connection only after it has.
 */
export function cutOff(client: pg.ClientBase): void {
  (client as pg.Client).connection.stream.destroy();
}

/** Takes an idle connection out of its pool at once: the pool itself would hear of its end a moment too late. */
function drop(client: pg.ClientBase): void {
  client.emit("error", new Error("The network has lost the server of this connection"));
  cutOff(client);
}

export function openPatientPool(
  connection: DatabaseConnection,
  options: DatabaseOptions,
  idle: IdleClients,
): { readonly pool: pg.Pool; end(): Promise<void> } {
  const timeoutMs = Math.max(PATIENT_TIMEOUT_MS, statementTimeoutMs(options));
  const limits = {
    max: PATIENT_POOL_SIZE,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    idleTimeoutMillis: PATIENT_IDLE_MS,
    idle,
  };
  const own = { statementTimeoutMs: timeoutMs, applicationName: `${options.applicationName} housekeeping` };
  const pool = createPool(connection, { ...options, ...own }, limits, []);
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

/** What a statement of a request may take. */
export function statementTimeoutMs(options: DatabaseOptions): number {
  return options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
}

export function answersWithinMs(options: DatabaseOptions): number {
  return statementTimeoutMs(options) * ANSWER_SHARE + GRACE_MS;
}

export function createPool(
  connection: DatabaseConnection,
  options: DatabaseOptions,
  { idle = new Set(), ...limits }: SearchPoolLimits & { readonly max: number; readonly idleTimeoutMillis?: number },
  settings: readonly string[],
): pg.Pool {
  const timeoutMs = statementTimeoutMs(options);
  // By `set` and not by startup options: connection poolers refuse those.
  const setup = [
    `statement_timeout = ${Math.trunc(timeoutMs)}`,
    // A server that lost its client to the network holds the locks of the transaction no longer than this.
    `idle_in_transaction_session_timeout = ${Math.trunc(timeoutMs)}`,
    "jit = off",
    ...settings,
  ]
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
  pool.on("acquire", (client) => {
    idle.delete(client);
    client.on("error", onLost);
  });
  pool.on("remove", (client) => idle.delete(client));
  pool.on("release", (error, client) => {
    client.off("error", onLost);
    if (error) cutOff(client);
    else idle.add(client);
    // A server that is there would have ended the statement itself. Where the network has lost it, it has lost them all, and
    // each would have to be waited for.
    if (error instanceof Error && isUnanswered(error)) idle.forEach(drop);
  });
  boundQueries(pool, answersWithinMs(options));
  return pool;
}
