import { startEmbeddedPostgres } from "../../../src/db/embedded/start-embedded-postgres.ts";

// What a service does with its engine, as a process of its own that a test may kill: node engine-owner.ts
// <data folder>. Prints one line of JSON, then stays until SIGTERM, on which it stops the engine.

const [dataDir = ""] = process.argv.slice(2);
const warnings: string[] = [];
const logger = { info() {}, warn: (_facts: object, message: string) => void warnings.push(message), error() {} };

try {
  const { connection, dataDir: keptIn, runtimeDir, pid, stop } = await startEmbeddedPostgres({ dataDir, logger });
  const staying = setInterval(() => undefined, 60_000);
  process.once("SIGTERM", async () => {
    clearInterval(staying);
    await stop();
  });
  console.log(JSON.stringify({ connection, dataDir: keptIn, runtimeDir, pid, warnings }));
} catch (error) {
  console.log(JSON.stringify({ failure: error instanceof Error ? error.message : String(error) }));
  process.exitCode = 1;
}
