import type pg from "pg";
import { AppError } from "../errors.ts";
import type { Database, DatabaseLogger, DatabaseOptions } from "./client.ts";
import type { NearDatabase } from "./near-source.ts";
import { openSearchPool, statementTimeoutMs } from "./pools.ts";

/** Streaming replicas of the database that may answer searches. */
export interface Replicas {
  /**
   * A pool of a replica that has replayed the write-ahead log up to `neededLsn` (`pg_current_wal_insert_lsn()` of the
   * primary, such as `16/B374D848`), or null where none is known to have: then the primary has to be asked. Never waits;
   * positions are read in the background, so the next call may find one.
   */
  pick(neededLsn: string): pg.Pool | null;
  /**
   * Runs a search on a replica that shows everything up to `neededLsn`, on the primary where there is none, where it fails
   * or takes over {@link ANSWER_SHARE} of a statement's time; with `null` always on the primary.
   */
  search<Result>(neededLsn: string | null, work: (database: NearDatabase) => Promise<Result>): Promise<Result>;
  /** Waits for the queries under way. A second call does nothing. */
  close(): Promise<void>;
}

interface Replica {
  readonly pool: pg.Pool;
  /** Replayed for certain; -1: nothing known, or not to be used. */
  replayed: bigint;
  /** When a position was last asked for, ms of `performance.now()`. */
  askedAt: number;
  asking: Promise<void> | null;
  /** What the log was last told of it. */
  usable: boolean;
}

/** Ms between two questions for the position of a replica that is behind. */
const BEHIND_MS = 5;
/** Ms after which a replica that isn't behind is asked again, lest one that was promoted goes on answering. */
const CURRENT_MS = 1_000;
/** Ms between two questions to a replica that was lost. */
const LOST_MS = 1_000;
/** Of the time that a statement has, what a replica may take for one, or to connect, before the primary is asked instead. */
const ANSWER_SHARE = 0.25;
const CONNECT_SHARE = 0.1;

const UNKNOWN = -1n;

// Read by the session that it is about. A server that isn't in recovery has no position: it was promoted, or never a replica.
const POSITION = `select case when pg_is_in_recovery() then pg_last_wal_replay_lsn()::text end as replayed`;
const IDENTITY = `select system_identifier || '/' || (select oid from pg_database where datname = current_database()) as identity
  from pg_control_system()`;

/**
 * Opens a pool for each URL; replicas that don't answer are left out and tried again.
 *
 * A search on a replica is never stale. The position is read before the search, and a server's position only grows, save
 * where it starts anew from an older one: that ends every session, and a new one shows its own position before it is used,
 * which then counts. A server of another cluster or database is refused by its identity.
 *
 * @throws AppError `database_unavailable` where the primary doesn't tell its identity.
 */
export async function openReplicas(
  primary: Database,
  urls: readonly string[],
  options: DatabaseOptions,
): Promise<Replicas> {
  const identity = urls.length === 0 ? null : await readIdentity(primary.pool);
  const replicas = urls.map((url) => openReplica(url, identity, options));
  for (const replica of replicas) ask(replica, options.logger);
  let turn = 0;

  function pick(neededLsn: string): pg.Pool | null {
    const needed = parseLsn(neededLsn);
    const now = performance.now();
    for (const replica of replicas) if (now >= nextQuestionAt(replica, needed)) ask(replica, options.logger);
    const fresh = replicas.filter(({ replayed }) => replayed >= needed);
    turn += 1;
    return fresh[turn % fresh.length]?.pool ?? null;
  }

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    await Promise.all(replicas.map(({ asking }) => asking));
    await Promise.all(replicas.map(({ pool }) => pool.end()));
  }
  return {
    pick,
    async search(neededLsn, work) {
      const pool = neededLsn === null ? null : pick(neededLsn);
      if (pool === null) return await work(primary);
      try {
        return await work({ searchPool: pool });
      } catch (error) {
        // Whatever it was, a replica's own trouble (lost, behind, a conflict with what it replays) or the search's: the
        // primary's answer counts.
        const replica = replicas.find((each) => each.pool === pool);
        if (replica !== undefined && !isOfTheSearch(error)) lose(replica, error, options.logger);
        return await work(primary);
      }
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function openReplica(url: string, identity: string | null, options: DatabaseOptions): Replica {
  const timeoutMs = statementTimeoutMs(options);
  const pool = openSearchPool({ connectionString: url }, options, {
    connectionTimeoutMillis: timeoutMs * CONNECT_SHARE,
    query_timeout: timeoutMs * ANSWER_SHARE,
    async onConnect(client) {
      if ((await readIdentity(client)) !== identity) {
        throw new AppError("database_unavailable", "Expected a replica of DATABASE_URL's database for REPLICA_URLS");
      }
      const replayed = await readPosition(client);
      if (replayed < replica.replayed || replayed === UNKNOWN) {
        replica.replayed = replayed;
        throw new AppError("database_unavailable", "Expected a replica in recovery, as far as it was before");
      }
    },
  });
  const replica: Replica = { pool, replayed: UNKNOWN, askedAt: Number.NEGATIVE_INFINITY, asking: null, usable: false };
  return replica;
}

async function readIdentity(queryable: Pick<pg.ClientBase, "query">): Promise<string> {
  const { rows } = await queryable.query<{ identity: string }>(IDENTITY);
  return rows[0]?.identity ?? "";
}

async function readPosition(client: pg.ClientBase): Promise<bigint> {
  const { rows } = await client.query<{ replayed: string | null }>(POSITION);
  const replayed = rows[0]?.replayed ?? null;
  return replayed === null ? UNKNOWN : parseLsn(replayed);
}

/** A place in the write-ahead log, such as `16/B374D848`, in bytes. */
export function parseLsn(lsn: string): bigint {
  const [high = "", low = ""] = lsn.split("/");
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

function nextQuestionAt(replica: Replica, needed: bigint): number {
  if (replica.asking !== null) return Number.POSITIVE_INFINITY;
  if (replica.replayed === UNKNOWN) return replica.askedAt + LOST_MS;
  return replica.askedAt + (replica.replayed < needed ? BEHIND_MS : CURRENT_MS);
}

function ask(replica: Replica, logger: DatabaseLogger): void {
  replica.askedAt = performance.now();
  replica.asking = askPosition(replica, logger).finally(() => {
    replica.asking = null;
  });
}

async function askPosition(replica: Replica, logger: DatabaseLogger): Promise<void> {
  try {
    const client = await replica.pool.connect();
    const replayed = await readPosition(client).catch(() => UNKNOWN);
    client.release(replayed === UNKNOWN);
    if (replayed === UNKNOWN) throw new AppError("database_unavailable", "Expected a replica that is in recovery");
    replica.replayed = replayed;
    if (!replica.usable) logger.info({ host: hostOf(replica) }, "A replica answers searches");
    replica.usable = true;
  } catch (error) {
    lose(replica, error, logger);
  }
}

/** Whether the replica itself goes on: a statement of its was refused or cancelled, or all its connections are busy. */
function isOfTheSearch(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code)) return !/^(08|57P|58)/.test(code);
  return error.message.startsWith("timeout exceeded when trying to connect");
}

function lose(replica: Replica, error: unknown, logger: DatabaseLogger): void {
  replica.replayed = UNKNOWN;
  replica.askedAt = performance.now();
  if (replica.usable) logger.warn({ err: error, host: hostOf(replica) }, "A replica was lost: the others answer");
  replica.usable = false;
}

/** Without what else the URL may hold. */
function hostOf({ pool }: Replica): string {
  return new URL(pool.options.connectionString ?? "").host;
}
