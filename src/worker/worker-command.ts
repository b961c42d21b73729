import { fileURLToPath } from "node:url";
import type { WorkerOptions } from "./protocol.ts";

/** Node options that say how modules are loaded, each followed by its value. */
const LOADER_OPTIONS = new Set(["--import", "--require", "-r", "--loader", "--experimental-loader"]);

/**
 * The whole environment of a worker: it decodes strangers' bytes, so the service's secrets are not in it.
 * MALLOC_ARENA_MAX keeps glibc from giving each libvips thread an arena of its own, which holds on to freed pixels.
 * ORT_DISABLE_TELEMETRY, because onnxruntime from 1.29 on reports its use to Microsoft unless told not to.
 */
export const WORKER_ENVIRONMENT: Readonly<Record<string, string>> = {
  VIPS_BLOCK_UNTRUSTED: "1",
  MALLOC_ARENA_MAX: "2",
  ORT_DISABLE_TELEMETRY: "1",
};

/** The worker's entry module: beside this file, compiled where this file is compiled. */
export const IMAGE_WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./image-worker.ts" : "./image-worker.js",
  import.meta.url,
);

/**
 * Arguments of Node for a worker process. Of the parent's own options only those that load TypeScript go along: an
 * inspector port or the test runner's flags are the parent's alone.
 */
export function workerArguments(script: URL, options: WorkerOptions, execArgv: readonly string[]): string[] {
  return [...loaderArguments(execArgv), "--expose-gc", fileURLToPath(script), JSON.stringify(options)];
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
