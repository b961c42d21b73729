import { chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { EngineAccount } from "./run-program.ts";

// Folders that one process makes for itself are named <prefix>.<its pid>.<6 random characters>, so that a later start
// can tell what a crash has left.
const NAME = /^(.+)\.(\d+)\.[^.]{6}$/;
const madeHere = new Set<string>();

/** Makes a folder with mode 0700 that belongs to `account`. */
export async function makeOwnFolder(
  parent: string,
  prefix: string,
  account: EngineAccount | undefined,
): Promise<string> {
  const folder = await mkdtemp(join(parent, `${prefix}.${process.pid}.`));
  madeHere.add(folder);
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  return folder;
}

export async function removeOwnFolder(folder: string): Promise<void> {
  madeHere.delete(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Removes the folders that processes now dead have left under `parent`. */
export async function removeLeftFolders(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, found, pid] = NAME.exec(name) ?? [];
    if (found !== prefix || pid === undefined) continue;
    const folder = join(parent, name);
    // A container's first process has the same pid after each restart, so our own pid alone does not make it ours.
    if (madeHere.has(folder) || (Number(pid) !== process.pid && isAlive(Number(pid)))) continue;
    // What can't be removed now, because a program that the crash orphaned still writes there, is left for another time.
    await removeOwnFolder(folder).catch(() => undefined);
  }
}

export function isAlive(pid: number): boolean {
  // For kill(2), 0 and below mean groups of processes.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
