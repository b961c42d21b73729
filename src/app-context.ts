import { randomUUID } from "node:crypto";
import { access, constants } from "node:fs/promises";
import { createClosers } from "./closers.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { type DatabaseConnection, openDatabase } from "./db/client.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./db/embedded/start-embedded-postgres.ts";
import { createGateBatches } from "./db/gate-batches.ts";
import { createHotMemory } from "./db/hot-memory.ts";
import { migrateDatabase } from "./db/migrate.ts";
import { openReplicas } from "./db/replicas.ts";
import { AppError } from "./errors.ts";
import { createLogger, type Logger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import type { AppContext } from "./services/context.ts";
import { createCredentialThrottle } from "./services/credential-throttle.ts";
import { createEntryCounter } from "./services/entry-counter.ts";
import { createFetchShares } from "./services/fetch-shares.ts";
import { installAdminKey } from "./services/install-admin-key.ts";
import { keepHouse } from "./services/keep-house.ts";
import { createKeyCache } from "./services/key-cache.ts";
import { createLeftovers } from "./services/leftovers.ts";
import { createLookUpCounts } from "./services/look-up-counts.ts";
import { createNameMatchers } from "./services/name-matchers.ts";
import { createTurns } from "./services/turns.ts";
import { createWorkerPool, type WorkerPool } from "./worker/pool.ts";

const MEBIBYTE = 2 ** 20;
/** With the statement that follows, an answer is out within 10 seconds. */
const FEEDBACK_PATIENCE_MS = 5_000;

/** Parts that a test brings along instead of having them made. */
export interface AppContextOverrides {
  readonly logger?: Logger;
  /** Shared workers; they stay open when the context closes. */
  readonly workers?: WorkerPool;
  /** The entry module of workers that are started. */
  readonly workerScript?: URL;
}

export interface OpenAppContext {
  readonly context: AppContext;
  /**
   * What is done once the service listens, so that a start that fails leaves nothing behind: housekeeping begins, the searched rows are loaded into memory, and
   * where nobody can administer the service yet, a first admin key is made.
   * @returns its token, to be shown at once and never again; null where none was made
   */
  begin(): Promise<string | null>;
  /** Resolves when the embedded engine ends by itself; never where DATABASE_URL names a server. */
  readonly engineLost: Promise<void>;
  /**
   * Closes everything in reverse order; a second call waits for the first.
   * @throws Error at the end, where something could not be closed; the log has the reasons
   */
  close(): Promise<void>;
}

/**
 * Makes the one context of the service: engine, migrations, database, workers. The only place where the parts are put
 * together.
 * @throws AppError database_unavailable; ConfigError naming MODEL_PATH where no worker can start, with the reason
 */
export async function createAppContext(config: Config, overrides: AppContextOverrides = {}): Promise<OpenAppContext> {
  const logger = overrides.logger ?? createLogger(config.logLevel);
  const closers = createClosers(logger);
  try {
    await requireReadable(config.modelPath);
    const metrics = createMetrics();
    const workers = overrides.workers ?? startWorkers(config, overrides, logger, metrics);
    if (overrides.workers === undefined) closers.push("workers", () => workers.close());
    const engine = config.databaseUrl === null ? await startEngine(config.dataDir, logger) : null;
    if (engine !== null) closers.push("embedded PostgreSQL", () => engine.stop());
    const connection: DatabaseConnection = engine?.connection ?? { connectionString: config.databaseUrl ?? "" };
    await migrateDatabase(connection, { logger, fingerprintPartitions: config.fingerprintPartitions });
    const poolOptions = {
      poolSize: config.databasePoolSize,
      statementTimeoutMs: config.databaseTimeoutMs,
      logger,
      applicationName: "lookalike",
    };
    const db = await openDatabase(connection, poolOptions);
    closers.push("database", () => db.close());
    const leftovers = createLeftovers(logger);
    closers.push("what failed requests left", () => leftovers.close());
    const replicas = await openReplicas(db, config.replicaUrls, poolOptions);
    closers.push("replicas", () => replicas.close());
    await workers.ready().catch((error: unknown) => {
      throw workersUnusable(config.modelPath, error);
    });
    const hotMemory = createHotMemory(connection, {
      budgetBytes: config.hotIndexMb * MEBIBYTE,
      hasReplicas: config.replicaUrls.length > 0,
      logger,
    });
    closers.push("rows in memory", () => hotMemory.close());
    const context: AppContext = {
      config,
      logger,
      metrics,
      db,
      gates: createGateBatches(db, hotMemory.follower),
      hotMemory,
      replicas,
      workers,
      processId: randomUUID(),
      keyCache: createKeyCache(),
      credentialThrottle: createCredentialThrottle(config.authFailuresPerMinute),
      fetchShares: createFetchShares(config.fetchesAtOnce),
      lookUpCounts: createLookUpCounts(),
      leftovers,
      nameMatchers: createNameMatchers(),
      entryCounter: createEntryCounter(),
      feedbackTurns: createTurns(FEEDBACK_PATIENCE_MS),
      imagesInWork: new Map(),
    };
    // Requests may come before `begin`: the key that the configuration fixes holds from the first one on.
    if (config.adminKey !== null) await installAdminKey(context);
    async function begin(): Promise<string | null> {
      hotMemory.begin(db);
      const house = keepHouse(context);
      closers.push("housekeeping", () => house.stop());
      return config.adminKey === null ? await installAdminKey(context) : null;
    }
    return { context, begin, engineLost: engineLost(engine), close: closers.closeAll };
  } catch (error) {
    // What could not be closed is in the log; why the start failed matters more.
    await closers.closeAll().catch(() => {});
    throw error;
  }
}

async function startEngine(dataDir: string, logger: Logger): Promise<EmbeddedPostgres> {
  return await startEmbeddedPostgres({ dataDir, logger }).catch((error: unknown) => {
    // An AppError says itself what to do; what is left with a system's code is a folder or file that can't be made.
    if (error instanceof AppError || !(error instanceof Error && "syscall" in error)) throw error;
    const message = `Expected a folder that can be written to for DATA_DIR but received ${dataDir}: ${error.message}`;
    throw new ConfigError(message, { cause: error });
  });
}

async function requireReadable(modelPath: string): Promise<void> {
  await access(modelPath, constants.R_OK).catch((error: unknown) => {
    throw modelUnusable(modelPath, error);
  });
}

function modelUnusable(modelPath: string, error: unknown): ConfigError {
  return startFailure(`Expected a model that the workers can load for MODEL_PATH but received ${modelPath}`, error);
}

/** The model is one thing that may be wrong with a worker; that it hashes otherwise than other builds is another. */
function workersUnusable(modelPath: string, error: unknown): ConfigError {
  return startFailure(`Expected workers that can start, with ${modelPath} for MODEL_PATH`, error);
}

function startFailure(expected: string, error: unknown): ConfigError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ConfigError(`${expected}: ${reason}`.replace(/\s+/g, " "), { cause: error });
}

function startWorkers(
  config: Config,
  { workerScript }: AppContextOverrides,
  logger: Logger,
  metrics: ReturnType<typeof createMetrics>,
): WorkerPool {
  return createWorkerPool({
    workers: config.workers,
    maxQueue: config.workerQueue,
    maxExpectedWaitMs: config.workerWaitMs,
    modelPath: config.modelPath,
    ...(workerScript !== undefined && { workerScript }),
    logger,
    hooks: {
      onRestart: (reason) => metrics.workerRestarts.inc({ reason }),
      onOverload: () => metrics.overloadRefusals.inc({ reason: "images" }),
    },
  });
}

async function engineLost(engine: EmbeddedPostgres | null): Promise<void> {
  if (engine === null) return await new Promise(() => {});
  await engine.exited;
}
