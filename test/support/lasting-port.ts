import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below what Linux and macOS give to outgoing connections, which would take a port while its server is restarted. */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const TRIES = 100;

/** A free TCP port of 127.0.0.1 that stays free while its server is down. */
export async function findLastingPort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return port;
  }
  throw new Error(`Expected a free port between ${LOWEST} and ${HIGHEST}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
  } catch {
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}
