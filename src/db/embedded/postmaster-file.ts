import { execFile } from "node:child_process";
import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { isAlive } from "./own-folder.ts";

/** What a running engine writes into `postmaster.pid` of its cluster; after a crash, what a dead one has left there. */
export interface Postmaster {
  readonly pid: number;
  readonly socketFolder: string;
  /** It answers queries. */
  readonly ready: boolean;
  readonly text: string;
}

const FILE_NAME = "postmaster.pid";

export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(cluster, FILE_NAME), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  // pid, cluster, start time, port, socket folder, TCP address, shared memory key, state
  const lines = text.split("\n");
  return {
    pid: Number(lines[0] ?? ""),
    socketFolder: lines[4] ?? "",
    ready: (lines[7] ?? "").trim() === "ready",
    text,
  };
}

/**
 * Whether process `pid` is an engine on this cluster: pids are used again, at once where a container has restarted.
 * When nothing can be learnt, yes: two engines on one cluster would destroy it.
 */
export async function runsCluster(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const command = await commandLine(pid);
  return command === undefined || command.includes(cluster);
}

async function commandLine(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") return readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
  const ps = promisify(execFile)("ps", ["-p", String(pid), "-ww", "-o", "command="]);
  return ps.then(({ stdout }) => stdout).catch(() => undefined);
}

/**
 * Removes the file of an engine that is no more if another process has its pid now: PostgreSQL would take that one for
 * it, and not start. Otherwise the file stays, for PostgreSQL to check that all processes of that engine have ended.
 */
export async function removeStalePostmaster(cluster: string, stale: Postmaster): Promise<void> {
  if (!isAlive(stale.pid)) return;
  const aside = join(cluster, `${FILE_NAME}.${process.pid}`);
  try {
    await rename(join(cluster, FILE_NAME), aside);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw error;
  }
  // A file that has changed since it was read belongs to a new engine.
  if ((await readFile(aside, "utf8")) === stale.text) await rm(aside);
  else await rename(aside, join(cluster, FILE_NAME));
}
