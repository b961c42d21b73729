import { type Config, readConfig } from "../config.ts";
import { type Database, type DatabaseConnection, openDatabase } from "../db/client.ts";
import { findRunningEngine } from "../db/embedded/running-engine.ts";
import { startEmbeddedPostgres } from "../db/embedded/start-embedded-postgres.ts";
import { createLogger, type Logger } from "../logger.ts";

/** The database of the service, for a command that needs nothing else of it. */
export interface CommandDatabase {
  readonly config: Config;
  readonly logger: Logger;
  readonly connection: DatabaseConnection;
  /** Opened as it is: no migration has run. */
  open(): Promise<Database>;
  /** Ends what was opened, and the engine where this command had to start it. */
  close(): Promise<void>;
}

/** A command may take long over one statement; who waits for it can end it. */
const STATEMENT_TIMEOUT_MS = 3_600_000;

/**
 * Finds the database by the service's settings. Where a service runs on the embedded engine the command joins that engine; where
 * none does it starts it.
 * @throws ConfigError; AppError database_unavailable
 */
export async function findCommandDatabase(): Promise<CommandDatabase> {
  const config = readConfig();
  const logger = createLogger("warn");
  const running = config.databaseUrl === null ? await findRunningEngine(config.dataDir, logger) : null;
  const url = running?.url ?? config.databaseUrl;
  const engine = url === null ? await startEmbeddedPostgres({ dataDir: config.dataDir, logger }) : null;
  const connection = engine?.connection ?? { connectionString: url ?? "" };
  let opened: Database | undefined;
  return {
    config,
    logger,
    connection,
    async open() {
      const options = {
        poolSize: 2,
        statementTimeoutMs: STATEMENT_TIMEOUT_MS,
        logger,
        applicationName: "lookalike command",
      };
      opened ??= await openDatabase(connection, options);
      return opened;
    },
    async close() {
      await opened?.close();
      await engine?.stop();
    },
  };
}
