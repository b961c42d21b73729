import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { WorkerOptions } from "./protocol.ts";

/** Node options that say how modules are loaded, each followed by its value. */
const LOADER_OPTIONS = new Set(["--import", "--require", "-r", "--loader", "--experimental-loader"]);

/**
 * The whole environment of a worker: it decodes strangers' bytes, so the service's secrets are not in it.
 * MALLOC_ARENA_MAX keeps glibc from giving each libvips thread an arena of its own, which holds on to freed pixels; with
 * the two thresholds (in bytes) what a big picture took goes back to the system when it is freed.
 * ORT_DISABLE_TELEMETRY, because onnxruntime from 1.29 on reports its use to Microsoft unless told not to.
 */
export const WORKER_ENVIRONMENT: Readonly<Record<string, string>> = {
  VIPS_BLOCK_UNTRUSTED: "1",
  MALLOC_ARENA_MAX: "2",
  MALLOC_MMAP_THRESHOLD_: String(4 * 1024 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(16 * 1024 * 1024),
  ORT_DISABLE_TELEMETRY: "1",
};

/** The worker's entry module: beside this file, compiled where this file is compiled. */
export const IMAGE_WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./image-worker.ts" : "./image-worker.js",
  import.meta.url,
);

const SHELL = "/bin/sh";
/** Writable memory that a worker maps and never touches, and more: WebP of 40 megapixels maps 310 MiB beyond its peak. */
const UNTOUCHED_KIB = 512 * 1024;

/**
 * The command line of a worker process. On Linux a shell sets limits of the kernel and then becomes the worker:
 * - RLIMIT_DATA, 512 MiB beyond `maxResidentBytes`: what writable memory the process may map at all. The parent kills it
 *   at `maxResidentBytes`; this bounds what it can take between two looks, or while the parent is busy.
 * - RLIMIT_CORE 0: a decoder that crashes leaves no picture of the process's memory on disk.
 */
export function workerCommand(
  script: URL,
  options: WorkerOptions,
  execArgv: readonly string[],
  maxResidentBytes: number,
): [file: string, ...args: string[]] {
  const command: [string, ...string[]] = [process.execPath, ...workerArguments(script, options, execArgv)];
  if (process.platform !== "linux" || !existsSync(SHELL)) return command;
  const dataKib = Math.ceil(maxResidentBytes / 1024) + UNTOUCHED_KIB;
  // Where the service itself was given less, less it is.
  return [
    SHELL,
    "-c",
    `ulimit -c 0; ulimit -d ${dataKib} 2>/dev/null; unset PWD OLDPWD SHLVL; exec "$0" "$@"`,
    ...command,
  ];
}

/**
 * Arguments of Node for a worker process. Of the parent's own options only those that load TypeScript go along: an
 * inspector port or the test runner's flags are the parent's alone.
 */
export function workerArguments(script: URL, options: WorkerOptions, execArgv: readonly string[]): string[] {
  const loaders = script.pathname.endsWith(".ts") ? loaderArguments(execArgv) : [];
  return [...loaders, "--expose-gc", fileURLToPath(script), JSON.stringify(options)];
}

function loaderArguments(execArgv: readonly string[]): string[] {
  const kept: string[] = [];
  for (const [index, argument] of execArgv.entries()) {
    const value = execArgv[index + 1];
    if (LOADER_OPTIONS.has(argument) && value !== undefined) kept.push(argument, value);
    const name = argument.split("=", 1)[0] ?? "";
    if (argument.includes("=") && LOADER_OPTIONS.has(name)) kept.push(argument);
  }
  return kept;
}
