import { Socket } from "node:net";
import { hostname } from "node:os";
import { isAbsolute } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { AppError } from "../../errors.ts";
import type { DatabaseLogger } from "../client.ts";
import { ENGINE_USER } from "./cluster.ts";
import { ENGINE_PORT } from "./socket-folder.ts";

// One service at a time owns a data folder: the one that holds this session lock in the engine's database `postgres`.
// The engine frees it the moment its owner is gone, however that ended.
const LOCK = [0x6c6f6f6b, 1];
const RECONNECT_MS = 200;

export interface EngineSession {
  readonly client: pg.Client;
  readonly socket: Socket;
}

/** Ownership of a data folder, kept until `release`. */
export interface DataDirOwnership {
  /** A session in the database `postgres`. */
  readonly client: pg.Client;
  release(): Promise<void>;
}

/**
 * Opens a session in the engine's database `postgres`. It keeps the process alive only until `socket` is unref'd.
 * @returns undefined when nothing answers there yet or any more.
 */
export async function connectToEngine(socketFolder: string): Promise<EngineSession | undefined> {
  // A file still being written names no folder yet, and pg would then look for a server of its own choice.
  if (!isAbsolute(socketFolder)) return undefined;
  const socket = new Socket();
  const client = new pg.Client({
    host: socketFolder,
    port: ENGINE_PORT,
    user: ENGINE_USER,
    database: "postgres",
    ssl: false,
    // Shown to the next service that wants this folder.
    application_name: `lookalike process ${process.pid} on ${hostname()}`.slice(0, 63),
    connectionTimeoutMillis: 5_000,
    stream: () => socket,
  });
  // The engine may stop under it; what matters is noticed by the next query or by `end`.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return { client, socket };
  } catch {
    await client.end();
    return undefined;
  }
}

/** @returns who owns the folder whose engine this is, such as `lookalike process 71 on host`, or undefined. */
export async function findOwner(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ owner: string }>(
    `select sessions.application_name as owner
       from pg_locks locks join pg_stat_activity sessions on sessions.pid = locks.pid
      where locks.locktype = 'advisory' and locks.granted and locks.objsubid = 2
        and locks.classid::bigint = $1 and locks.objid::bigint = $2`,
    LOCK,
  );
  return rows[0]?.owner;
}

/** Takes the lock if it is free; it lasts as long as the client's session. */
export async function tryToOwn(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ owned: boolean }>("select pg_try_advisory_lock($1, $2) as owned", LOCK);
  return rows[0]?.owned === true;
}

/**
 * Takes the data folder of a running engine.
 * @throws AppError `database_unavailable` naming the owner when another service has it.
 */
export async function ownDataDir(
  socketFolder: string,
  dataDir: string,
  logger: DatabaseLogger,
): Promise<DataDirOwnership> {
  const first = await connectToEngine(socketFolder);
  if (first === undefined) {
    throw new AppError(
      "database_unavailable",
      `Expected the embedded PostgreSQL to answer in ${socketFolder} but it doesn't`,
    );
  }
  if (!(await tryToOwn(first.client))) {
    const owner = await findOwner(first.client);
    await first.client.end();
    throw inUse(dataDir, owner);
  }
  let released = false;
  let current: EngineSession | undefined;
  function keep(session: EngineSession): void {
    current = session;
    session.socket.unref();
    session.client.once("end", () => void regain());
  }
  // PostgreSQL ends every session when one of its processes crashes, and goes on.
  async function regain(): Promise<void> {
    current = undefined;
    while (!released) {
      const session = await connectToEngine(socketFolder);
      if (session !== undefined && !released && (await tryToOwn(session.client).catch(() => false))) {
        logger.warn({ dataDir }, "The session that owns the data folder was lost and is back");
        keep(session);
        return;
      }
      await session?.client.end();
      await delay(RECONNECT_MS, undefined, { ref: false });
    }
  }
  keep(first);
  return {
    client: first.client,
    async release() {
      released = true;
      current?.socket.ref();
      await current?.client.end();
    },
  };
}

export function inUse(dataDir: string, owner: string | undefined): AppError {
  return new AppError(
    "database_unavailable",
    `Expected a DATA_DIR that no other service uses but ${dataDir} is in use by ${owner ?? "another process"}: stop that one, ` +
      "choose another DATA_DIR, or give both the same DATABASE_URL",
  );
}
