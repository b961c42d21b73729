import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../errors.ts";
import type { DatabaseLogger } from "../client.ts";
import { readPostmaster } from "./postmaster-file.ts";
import { type EngineAccount, PROGRAM_ENVIRONMENT } from "./run-program.ts";

/** How the engine ended: by itself with an exit code, or by a signal. */
export interface EngineExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface EngineProcess {
  readonly pid: number;
  /** Resolves when the engine has ended, for whatever reason; never rejects. */
  readonly exited: Promise<EngineExit>;
  /** Whether the running engine keeps this process alive: at first it does. */
  ref(): void;
  unref(): void;
  /** Ends all sessions and waits for the engine to end; one that takes over 5 s is ended without a checkpoint. */
  stop(): Promise<void>;
}

export interface EngineCommand {
  readonly runtimeFolder: string;
  readonly cluster: string;
  readonly account: EngineAccount | undefined;
  readonly settings: Readonly<Record<string, string>>;
  /** All that the engine prints goes to the end of this file. */
  readonly logFile: string;
}

// The shell becomes the engine. First it leaves behind a process that waits at the other end of a pipe which only the
// service holds: should that end close without a word, the service is dead and the engine is told to stop. The inner
// subshell gives the watcher to init, for PostgreSQL to see no children that it did not make.
const WATCHED = '( ( read -r _ <&3 || kill -INT $$ ) >/dev/null 2>&1 & ) ; exec "$@" 3<&-';

const CHECKPOINT_PATIENCE_MS = 5_000;
const LOG_BYTES_MAX = 10_000_000;
const POLL_MS = 20;
const SLOW_START_MS = 10_000;

/** Starts the engine in a session of its own: Ctrl-C is for the service, which still needs the engine to drain. */
export async function spawnEngine(command: EngineCommand): Promise<EngineProcess> {
  const log = await open(command.logFile, "a", 0o600);
  try {
    if ((await log.stat()).size > LOG_BYTES_MAX) await log.truncate();
    const settings = Object.entries(command.settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const engine = [join(command.runtimeFolder, "bin", "postgres"), "-D", command.cluster, ...settings];
    const child = spawn("/bin/sh", ["-c", WATCHED, "sh", ...engine], {
      ...command.account,
      cwd: "/",
      env: PROGRAM_ENVIRONMENT,
      detached: true,
      stdio: ["ignore", log.fd, log.fd, "pipe"],
    });
    const watcher = child.stdio[3];
    if (watcher instanceof Socket) {
      watcher.unref();
      // Written to when the watcher has been killed.
      watcher.on("error", () => undefined);
    }
    const exited = new Promise<EngineExit>((done) => {
      child.once("error", () => done({ exitCode: null, signal: null }));
      child.once("exit", (exitCode, signal) => {
        if (watcher instanceof Socket) watcher.end("stopped\n");
        done({ exitCode, signal });
      });
    });
    return {
      pid: child.pid ?? 0,
      exited,
      ref: () => child.ref(),
      unref: () => child.unref(),
      async stop() {
        child.kill("SIGINT");
        const impatience = setTimeout(() => child.kill("SIGQUIT"), CHECKPOINT_PATIENCE_MS);
        await exited;
        clearTimeout(impatience);
      },
    };
  } finally {
    await log.close();
  }
}

/**
 * Waits for the engine to serve; after a crash it first replays its log, for as long as that takes.
 * @returns false when it ended instead.
 */
export async function untilReady(
  engine: EngineProcess,
  cluster: string,
  socketFolder: string,
  logger: DatabaseLogger,
): Promise<boolean> {
  let ended = false;
  void engine.exited.then(() => {
    ended = true;
  });
  let patientUntil = performance.now() + SLOW_START_MS;
  while (!ended) {
    const postmaster = await readPostmaster(cluster);
    // By the folder and not by the pid alone: in a container, an engine that crashed may have had the same pid.
    if (postmaster?.socketFolder === socketFolder && postmaster.ready) return true;
    if (performance.now() > patientUntil) {
      patientUntil += SLOW_START_MS;
      logger.info({ pid: engine.pid }, "Still waiting for PostgreSQL to start");
    }
    await delay(POLL_MS);
  }
  return false;
}

/** The end of an engine's log, as the reason why it did not start. */
export async function startFailure(logFile: string): Promise<AppError> {
  const handle = await open(logFile, "r");
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, 1_000);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    const reason = buffer.toString("utf8").trim().split("\n").slice(-4).join(" | ");
    return new AppError(
      "database_unavailable",
      `Expected the embedded PostgreSQL to start but it ended: ${reason} (${logFile})`,
    );
  } finally {
    await handle.close();
  }
}
