import { createAppContext, type OpenAppContext } from "../app-context.ts";
import { readConfig } from "../config.ts";
import { findRunningEngine } from "../db/embedded/running-engine.ts";
import { createLogger } from "../logger.ts";

/** Of the service's own messages a command shows those that matter to who runs it. */
const LOG_LEVEL = "warn";

/**
 * The parts of the service, with its settings, for one command: nothing is served, no admin key is made or changed. Where a
 * service runs on the embedded engine already, the command joins that engine.
 * @throws ConfigError; AppError database_unavailable
 */
export async function openService(): Promise<OpenAppContext> {
  const config = readConfig();
  const logger = createLogger(LOG_LEVEL);
  const running = config.databaseUrl === null ? await findRunningEngine(config.dataDir, logger) : null;
  const databaseUrl = running?.url ?? config.databaseUrl;
  return await createAppContext({ ...config, databaseUrl, adminKey: null, hotIndexMb: 0, replicaUrls: [] }, { logger });
}
