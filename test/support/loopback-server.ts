import { chmod, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEnginePackage } from "../../src/db/embedded/engine-package.ts";
import { chooseEnginePlace, type EnginePlace } from "../../src/db/embedded/engine-place.ts";
import { spawnEngine, startFailure, untilReady } from "../../src/db/embedded/engine-process.ts";
import { prepareEngineRuntime } from "../../src/db/embedded/engine-runtime.ts";
import { makeOwnFolder, removeOwnFolder } from "../../src/db/embedded/own-folder.ts";
import { runProgram } from "../../src/db/embedded/run-program.ts";
import { makeSocketFolder } from "../../src/db/embedded/socket-folder.ts";
import { quietLogger } from "./database.ts";
import { findLastingPort } from "./lasting-port.ts";

/** PostgreSQL's server programs, as one package has them. */
export interface ServerPrograms {
  /** What the programs call themselves, such as `PostgreSQL 18.4`. */
  readonly version: string;
  /** Holds `bin/postgres` and `bin/initdb`, and what they need. */
  readonly folder: string;
}

/** A PostgreSQL of a test's own on 127.0.0.1, whose superuser `lookalike` needs no password. */
export interface LoopbackServer {
  readonly programs: ServerPrograms;
  readonly port: number;
  /** Of the database, by default `postgres`. */
  url(database?: string): string;
  /** Ends it; the data stay. A second call waits for the first. */
  stop(): Promise<void>;
  /** Ends it as `pg_ctl stop -m immediate` does: without a checkpoint, so that the next start recovers from the log. */
  crash(): Promise<void>;
  /** Starts it again on the same data and port. */
  start(): Promise<void>;
  /** Starts another server on a copy of the data, with these files beside them. Only while this one is stopped. */
  copy(settings: Readonly<Record<string, string>>, files: readonly string[]): Promise<LoopbackServer>;
  /** Ends it and removes the data. */
  remove(): Promise<void>;
}

const USER = "lookalike";
const SYSTEM_PROGRAMS = "/usr/lib/postgresql";

/** The embedded engine's programs and the system's newest, where there are some that run. */
export async function findServerPrograms(): Promise<ServerPrograms[]> {
  const place = await makePlace();
  try {
    const embedded = await prepareRuntime(place);
    const majors = (await readdir(SYSTEM_PROGRAMS).catch(() => [])).sort((a, b) => Number(b) - Number(a));
    const folders = [embedded, ...majors.slice(0, 1).map((major) => join(SYSTEM_PROGRAMS, major))];
    const found = await Promise.all(folders.map((folder) => programsIn(folder, place)));
    return found.filter((programs) => programs !== null);
  } finally {
    await removePlace(place);
  }
}

async function prepareRuntime(place: Place): Promise<string | null> {
  try {
    return await prepareEngineRuntime(findEnginePackage(), place, quietLogger);
  } catch {
    // No package for this platform, or it was not installed.
    return null;
  }
}

async function programsIn(folder: string | null, place: EnginePlace): Promise<ServerPrograms | null> {
  if (folder === null || (await stat(join(folder, "bin", "initdb")).catch(() => null)) === null) return null;
  const { exitCode, output } = await runProgram(join(folder, "bin", "postgres"), ["--version"], place.account);
  const [, number] = /\) ([\d.]+)/.exec(output) ?? [];
  return exitCode === 0 && number !== undefined ? { version: `PostgreSQL ${number}`, folder } : null;
}

type Place = EnginePlace & { readonly requested: string };

async function makePlace(): Promise<Place> {
  const requested = await mkdtemp(join(tmpdir(), "lookalike-server-"));
  // mkdtemp closes it to the user that root's engine runs as.
  await chmod(requested, 0o711);
  return { ...(await chooseEnginePlace(requested, quietLogger)), requested };
}

async function removePlace(place: Place): Promise<void> {
  for (const folder of [place.dataDir, place.requested])
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Makes an empty server and starts it. Its data don't outlive a crash of the machine: nothing waits for the disk. */
export async function startLoopbackServer(
  programs: ServerPrograms,
  settings: Readonly<Record<string, string>> = {},
): Promise<LoopbackServer> {
  const place = await makePlace();
  try {
    const cluster = await makeOwnFolder(place.dataDir, "postgres", place.account);
    const args = ["-D", cluster, `--username=${USER}`, "--encoding=UTF8", "--locale=C", "--auth=trust"];
    await run(programs, "initdb", [...args, "--no-sync", "--no-instructions"], place);
    return await serve(programs, place, cluster, settings);
  } catch (error) {
    await removePlace(place);
    throw error;
  }
}

async function serve(
  programs: ServerPrograms,
  place: Place,
  cluster: string,
  settings: Readonly<Record<string, string>>,
): Promise<LoopbackServer> {
  const port = await findLastingPort();
  let stopping: ((immediately?: boolean) => Promise<void>) | null = null;
  async function start(): Promise<void> {
    const socketFolder = await makeSocketFolder(place);
    const logFile = join(place.dataDir, "postgres.log");
    const child = await spawnEngine({
      runtimeFolder: programs.folder,
      cluster,
      account: place.account,
      logFile,
      settings: {
        ...{ fsync: "off", synchronous_commit: "off", full_page_writes: "off", jit: "off", timezone: "UTC" },
        ...settings,
        ...{ listen_addresses: "127.0.0.1", port: String(port), unix_socket_directories: socketFolder },
      },
    });
    if (!(await untilReady(child, cluster, socketFolder, quietLogger))) throw await startFailure(logFile);
    let ended: Promise<void> | undefined;
    stopping = (immediately = false) => {
      if (immediately) process.kill(child.pid, "SIGQUIT");
      ended ??= (immediately ? child.exited : child.stop()).then(() => removeOwnFolder(socketFolder));
      return ended;
    };
  }
  async function stop(): Promise<void> {
    await stopping?.();
  }
  await start();
  return {
    programs,
    port,
    url: (database = "postgres") => `postgresql://${USER}@127.0.0.1:${port}/${database}`,
    stop,
    crash: async () => await stopping?.(true),
    start,
    async copy(copySettings, files) {
      const other = await makePlace();
      try {
        const folder = await makeOwnFolder(other.dataDir, "postgres", other.account);
        await run(null, "cp", ["-a", `${cluster}/.`, folder], other);
        for (const file of files) await run(null, "touch", [join(folder, file)], other);
        return await serve(programs, other, folder, copySettings);
      } catch (error) {
        await removePlace(other);
        throw error;
      }
    },
    async remove() {
      await stop();
      await removePlace(place);
    },
  };
}

async function run(programs: ServerPrograms | null, name: string, args: string[], place: EnginePlace): Promise<void> {
  const program = programs === null ? name : join(programs.folder, "bin", name);
  const { exitCode, output } = await runProgram(program, args, place.account);
  if (exitCode !== 0) throw new Error(`Expected ${name} to succeed but it printed: ${output}`);
}
