import { open, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../errors.ts";
import type { EnginePlace } from "./engine-place.ts";
import { makeOwnFolder, removeOwnFolder } from "./own-folder.ts";
import { runProgram } from "./run-program.ts";

/** The engine's superuser. Whoever reaches its socket is let in as this role. */
export const ENGINE_USER = "lookalike";

/** The database that the service keeps everything in. */
export const ENGINE_DATABASE = "lookalike";

/** Prefix of the folders in which clusters are made. */
export const NEW_CLUSTER_PREFIX = "postgres.new";

/** Where a place's cluster is, or will be. */
export function clusterFolder(place: EnginePlace): string {
  return join(place.dataDir, "postgres");
}

/**
 * Makes the cluster (PostgreSQL's word for its data folder) unless it is there. It appears whole or not at all: a crash
 * leaves a folder of another name, and of two processes that make it at once the first to finish wins.
 *
 * @returns its absolute path.
 * @throws AppError `database_unavailable` when the folder holds something else, or another major version's data.
 */
export async function ensureCluster(runtimeFolder: string, major: string, place: EnginePlace): Promise<string> {
  const cluster = clusterFolder(place);
  let found = await clusterVersion(cluster);
  if (found === undefined) {
    await createCluster(runtimeFolder, cluster, place);
    found = await clusterVersion(cluster);
  }
  if (found !== major) {
    throw new AppError(
      "database_unavailable",
      `Expected data of PostgreSQL ${major} in ${cluster} but received those of PostgreSQL ${found ?? "(none)"}: start the ` +
        `version of the service that made them and pg_dump its database, or move the folder away to start with an empty one`,
    );
  }
  return cluster;
}

async function clusterVersion(cluster: string): Promise<string | undefined> {
  const entries: string[] = await readdir(cluster).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (entries.length === 0) return undefined;
  if (entries.includes("PG_VERSION")) return (await readFile(join(cluster, "PG_VERSION"), "utf8")).trim();
  throw new AppError(
    "database_unavailable",
    `Expected PostgreSQL's data in ${cluster} but received a folder without PG_VERSION: move it away`,
  );
}

async function createCluster(runtimeFolder: string, cluster: string, place: EnginePlace): Promise<void> {
  const temporary = await makeOwnFolder(place.dataDir, NEW_CLUSTER_PREFIX, place.account);
  try {
    const args = [
      ...["-D", temporary, `--username=${ENGINE_USER}`, "--encoding=UTF8"],
      // The same order of text on every machine and after every upgrade of its C library.
      ...["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"],
      // The folder of its socket is closed to everybody else, and it listens nowhere else.
      ...["--auth-local=trust", "--auth-host=reject", "--no-instructions"],
    ];
    const { exitCode, output } = await runProgram(join(runtimeFolder, "bin", "initdb"), args, place.account);
    if (exitCode !== 0) {
      throw new AppError(
        "database_unavailable",
        `Expected initdb to make the embedded database in ${place.dataDir} but it failed: ${output}`,
      );
    }
    await rename(temporary, cluster).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    await syncFolder(place.dataDir);
  } finally {
    await removeOwnFolder(temporary);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
