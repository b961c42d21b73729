import { chmod, cp, mkdir, readdir, rename, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AppError } from "../../errors.ts";
import type { DatabaseLogger } from "../client.ts";
import type { EnginePackage } from "./engine-package.ts";
import { type EnginePlace, SYSTEM_FOLDER } from "./engine-place.ts";
import { createLinks, findMissingLinks } from "./library-links.ts";
import { makeOwnFolder, removeLeftFolders, removeOwnFolder } from "./own-folder.ts";
import { canRun } from "./reach.ts";
import { runProgram } from "./run-program.ts";

/**
 * Finds PostgreSQL's programs in the npm package, or copies them (about 60 MB, once for each version) to where the
 * engine's account can run them: a package folder closed to it, or one that lacks library links and can't be written.
 *
 * @returns the folder that holds `bin`, `lib` and `share`.
 * @throws AppError `database_unavailable` when the programs don't run on this machine.
 */
export async function prepareEngineRuntime(
  engine: EnginePackage,
  place: EnginePlace,
  logger: DatabaseLogger,
): Promise<string> {
  const { nativeFolder } = engine;
  const complete = await createLinks(await findMissingLinks(nativeFolder)).then(
    () => true,
    () => false,
  );
  const usable = complete && (await canRun(nativeFolder, place.account));
  const runtimeFolder = usable ? nativeFolder : await copyRuntime(engine, place, logger);
  await requireRunning(runtimeFolder, place);
  return runtimeFolder;
}

async function copyRuntime(engine: EnginePackage, place: EnginePlace, logger: DatabaseLogger): Promise<string> {
  const parent = place.account === undefined ? place.dataDir : SYSTEM_FOLDER;
  const runtimeFolder = join(parent, `runtime-${engine.version}-${process.platform}-${process.arch}`);
  const present = await stat(runtimeFolder).catch(() => undefined);
  if (present === undefined) {
    logger.warn(
      { from: engine.nativeFolder, to: runtimeFolder },
      `PostgreSQL's programs can't be used where they are: copying them from ${engine.nativeFolder} to ${runtimeFolder}`,
    );
    await mkdir(parent, { recursive: true, mode: 0o755 });
    await installCopy(engine.nativeFolder, runtimeFolder);
  }
  return runtimeFolder;
}

async function installCopy(from: string, runtimeFolder: string): Promise<void> {
  const parent = dirname(runtimeFolder);
  const prefix = basename(runtimeFolder);
  await removeLeftFolders(parent, prefix);
  const temporary = await makeOwnFolder(parent, prefix, undefined);
  try {
    await cp(from, temporary, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith(".a") });
    await openToAll(temporary);
    await createLinks(await findMissingLinks(temporary));
    await rename(temporary, runtimeFolder).catch((error: NodeJS.ErrnoException) => {
      // Another process starting at the same moment was first.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await removeOwnFolder(temporary);
  }
}

// npm may have run under a umask that keeps others out, and a folder that nobody may write was copied as such.
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, basename(folder) === "bin" ? 0o755 : 0o644);
  }
}

async function requireRunning(runtimeFolder: string, place: EnginePlace): Promise<void> {
  const program = join(runtimeFolder, "bin", "postgres");
  const result = await runProgram(program, ["--version"], place.account).catch((error: Error) => ({
    exitCode: null,
    output: error.message,
  }));
  if (result.exitCode === 0) return;
  throw new AppError(
    "database_unavailable",
    `Expected ${program} to run on this machine but received: ${result.output} (it needs a Linux with glibc, or macOS): ` +
      "set DATABASE_URL to a PostgreSQL 14 or newer instead",
  );
}
