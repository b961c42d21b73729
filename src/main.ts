import { createAppContext } from "./app-context.ts";
import { describeConfig, readConfig } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { AppError } from "./errors.ts";
import { greeting } from "./greeting.ts";
import { createApp } from "./http/app.ts";
import { listen } from "./http/listen.ts";

/** How long accepted requests may take to finish after SIGTERM; the process is gone within 10 s. */
const DRAIN_MS = 7_000;
const EXIT_MS = 9_500;

async function run(): Promise<void> {
  const config = readConfig();
  const { context, begin, engineLost, close } = await createAppContext(config);
  const { logger } = context;
  const server = await listen(createApp(context), context, config.host, config.port).catch(async (error: unknown) => {
    await closeLogged();
    throw error;
  });

  /** False where something could not be closed. */
  async function closeLogged(): Promise<boolean> {
    try {
      await close();
      return true;
    } catch (error) {
      logger.error({ err: error }, "Lookalike could not close everything");
      return false;
    }
  }

  let stopping: Promise<void> | undefined;
  async function drainAndClose(reason: string, exitCode: number): Promise<void> {
    process.exitCode = exitCode;
    logger.info({ reason }, "Lookalike stops: accepted requests finish");
    setTimeout(() => process.exit(), EXIT_MS).unref();
    await server.close(DRAIN_MS);
    if (!(await closeLogged())) process.exitCode = 1;
    logger.info({}, "Lookalike has stopped");
  }
  function stop(reason: string, exitCode: number): Promise<void> {
    stopping ??= drainAndClose(reason, exitCode);
    return stopping;
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(signal, 0));
  void engineLost.then(() => stop("the embedded PostgreSQL ended", 1));

  try {
    const firstAdminKey = await begin();
    // Before anything else: from here on this is the only place that has the key.
    process.stdout.write(greeting({ host: config.host, port: server.port, firstAdminKey }));
    logger.info({ ...describeConfig(config), port: server.port }, "Lookalike listens");
  } catch (error) {
    // Told to stop meanwhile: then it's no failure that the parts `begin` needs are closed.
    if (stopping !== undefined) return await stopping;
    await stop("the start failed", 1);
    throw error;
  }
}

run().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof AppError;
  process.stderr.write(`Lookalike can't start: ${expected ? error.message : ((error as Error)?.stack ?? error)}\n`);
  process.exitCode = 1;
});
