import { createAppContext } from "./app-context.ts";
import { ConfigError, describeConfig, readConfig } from "./config.ts";
import { AppError } from "./errors.ts";
import { greeting } from "./greeting.ts";
import { createApp } from "./http/app.ts";
import { type Listening, listen } from "./http/listen.ts";
import type { AppContext } from "./services/context.ts";

/** How long accepted requests may take to finish after SIGTERM; the process is gone within 10 s. */
const DRAIN_MS = 7_000;
const EXIT_MS = 9_500;

async function run(): Promise<void> {
  const config = readConfig();
  const { context, firstAdminKey, engineLost, close } = await createAppContext(config);
  const { logger } = context;
  const server = await serve(context).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  logger.info({ ...describeConfig(config), port: server.port }, "Lookalike listens");
  process.stdout.write(greeting({ host: config.host, port: server.port, firstAdminKey }));

  let stopping = false;
  async function stop(reason: string, exitCode: number): Promise<void> {
    if (stopping) return;
    stopping = true;
    process.exitCode = exitCode;
    logger.info({ reason }, "Lookalike stops: accepted requests finish");
    setTimeout(() => process.exit(exitCode), EXIT_MS).unref();
    await server.close(DRAIN_MS);
    await close();
    logger.info({}, "Lookalike has stopped");
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(signal, 0));
  void engineLost.then(() => stop("the embedded PostgreSQL ended", 1));
}

async function serve(context: AppContext): Promise<Listening> {
  return await listen(createApp(context), context.config.host, context.config.port);
}

run().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof AppError;
  process.stderr.write(`Lookalike can't start: ${expected ? error.message : ((error as Error)?.stack ?? error)}\n`);
  process.exitCode = 1;
});
