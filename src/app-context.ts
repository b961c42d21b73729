import { randomUUID } from "node:crypto";
import type { Config } from "./config.ts";
import { type DatabaseConnection, openDatabase } from "./db/client.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./db/embedded/start-embedded-postgres.ts";
import { createGateBatches } from "./db/gate-batches.ts";
import { migrateDatabase } from "./db/migrate.ts";
import { createLogger, type Logger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import type { AppContext } from "./services/context.ts";
import { installAdminKey } from "./services/install-admin-key.ts";
import { keepHouse } from "./services/keep-house.ts";
import { createKeyCache } from "./services/key-cache.ts";
import { createLookUpCounts } from "./services/look-up-counts.ts";
import { createWorkerPool, type WorkerPool } from "./worker/pool.ts";

/** Parts that a test brings along instead of having them made. */
export interface AppContextOverrides {
  readonly logger?: Logger;
  /** Shared workers; they stay open when the context closes. */
  readonly workers?: WorkerPool;
}

export interface OpenAppContext {
  readonly context: AppContext;
  /** The token of the first admin key, where this start made one; to be shown once. */
  readonly firstAdminKey: string | null;
  /** Resolves when the embedded engine ends by itself; never where DATABASE_URL names a server. */
  readonly engineLost: Promise<void>;
  /** Closes everything in reverse order; a second call waits for the first. */
  close(): Promise<void>;
}

/**
 * Makes the one context of the service: engine, migrations, database, workers, first admin key. The only place where the
 * parts are put together.
 * @throws AppError database_unavailable; Error where no worker can start
 */
export async function createAppContext(config: Config, overrides: AppContextOverrides = {}): Promise<OpenAppContext> {
  const closers: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | undefined;
  async function closeAll(): Promise<void> {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  }
  function close(): Promise<void> {
    closing ??= closeAll();
    return closing;
  }
  try {
    const logger = overrides.logger ?? createLogger(config.logLevel);
    const metrics = createMetrics();
    const workers = overrides.workers ?? startWorkers(config, logger, metrics);
    if (overrides.workers === undefined) closers.push(() => workers.close());
    const engine =
      config.databaseUrl === null ? await startEmbeddedPostgres({ dataDir: config.dataDir, logger }) : null;
    if (engine !== null) closers.push(() => engine.stop());
    const connection: DatabaseConnection = engine?.connection ?? { connectionString: config.databaseUrl ?? "" };
    await migrateDatabase(connection, { logger });
    const db = await openDatabase(connection, {
      poolSize: config.databasePoolSize,
      logger,
      applicationName: "lookalike",
    });
    closers.push(() => db.close());
    await workers.ready();
    const context: AppContext = {
      config,
      logger,
      metrics,
      db,
      gates: createGateBatches(db),
      workers,
      processId: randomUUID(),
      keyCache: createKeyCache(),
      lookUpCounts: createLookUpCounts(),
      imagesInWork: new Map(),
    };
    const firstAdminKey = await installAdminKey(context);
    const house = keepHouse(context);
    closers.push(() => house.stop());
    return { context, firstAdminKey, engineLost: engineLost(engine), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function startWorkers(config: Config, logger: Logger, metrics: ReturnType<typeof createMetrics>): WorkerPool {
  return createWorkerPool({
    workers: config.workers,
    maxQueue: config.workerQueue,
    modelPath: config.modelPath,
    logger,
    hooks: { onRestart: (reason) => metrics.workerRestarts.inc({ reason }) },
  });
}

async function engineLost(engine: EmbeddedPostgres | null): Promise<void> {
  if (engine === null) return await new Promise(() => {});
  await engine.exited;
}
