import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { AppError } from "../../errors.ts";
import type { DatabaseLogger } from "../client.ts";
import { connectToEngine, findOwner, inUse, tryToOwn } from "./data-dir-owner.ts";
import { type Postmaster, readPostmaster, removeStalePostmaster, runsCluster } from "./postmaster-file.ts";

const POLL_MS = 50;
// An engine is up some milliseconds before its service owns it.
const OWNERLESS_MS = 3_000;
const PATIENCE_MS = 60_000;

/**
 * Waits until no engine runs on the cluster. One whose service has died stops by itself; one that doesn't, because its
 * watcher was killed too, is stopped; the file of one that crashed is removed.
 *
 * @throws AppError `database_unavailable`: a living service owns the engine, or it neither answers nor ends.
 */
export async function awaitEarlierEngine(cluster: string, dataDir: string, logger: DatabaseLogger): Promise<void> {
  const begin = performance.now();
  let stopping: pg.Client | undefined;
  try {
    for (;;) {
      const postmaster = await readPostmaster(cluster);
      if (postmaster === undefined) return;
      const waitedMs = performance.now() - begin;
      const session = stopping === undefined ? (await connectToEngine(postmaster.socketFolder))?.client : undefined;
      if (session !== undefined) {
        const owned = await judge(session, dataDir, waitedMs);
        if (owned) {
          stopping = session;
          await stopEngine(postmaster, cluster, logger);
        }
      } else if (!(await runsCluster(postmaster.pid, cluster))) {
        await removeStalePostmaster(cluster, postmaster);
        return;
      }
      if (waitedMs > PATIENCE_MS) throw stuck(postmaster, cluster);
      await delay(POLL_MS);
    }
  } finally {
    await stopping?.end();
  }
}

// True once the engine is ours to stop; then the session stays open, and with it the lock.
async function judge(session: pg.Client, dataDir: string, waitedMs: number): Promise<boolean> {
  let owned = false;
  try {
    const owner = await findOwner(session);
    if (owner !== undefined) throw inUse(dataDir, owner);
    owned = waitedMs > OWNERLESS_MS && (await tryToOwn(session));
    return owned;
  } catch (error) {
    if (error instanceof AppError) throw error;
    // It stopped meanwhile.
    return false;
  } finally {
    if (!owned) await session.end();
  }
}

async function stopEngine(postmaster: Postmaster, cluster: string, logger: DatabaseLogger): Promise<void> {
  // It answered on its socket; if its pid is not its own here, it runs in another container.
  if (!(await runsCluster(postmaster.pid, cluster))) throw stuck(postmaster, cluster);
  logger.warn({ pid: postmaster.pid }, "Stopping the PostgreSQL that a service now dead has left");
  process.kill(postmaster.pid, "SIGINT");
}

function stuck(postmaster: Postmaster, cluster: string): AppError {
  return new AppError(
    "database_unavailable",
    `Expected no other PostgreSQL on ${cluster} but process ${postmaster.pid} of an earlier start neither serves nor ends: stop it`,
  );
}
