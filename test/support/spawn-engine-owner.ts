import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { DatabaseConnection } from "../../src/db/client.ts";
import { compiledProcess } from "./compiled-tests.ts";

const SCRIPT = fileURLToPath(compiledProcess("engine-owner"));

/** A process that owns an embedded engine, or its reason not to. */
export interface EngineOwner {
  readonly child: ChildProcess;
  readonly connection: DatabaseConnection;
  readonly dataDir: string;
  readonly runtimeDir: string;
  /** Of the engine. */
  readonly pid: number;
  readonly warnings: readonly string[];
  /** Sends the signal and waits for the process to end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Starts a process that runs no engine yet. */
export function spawnOwnerProcess(dataDir: string): ChildProcess {
  return spawn(process.execPath, [SCRIPT, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
}

/** Starts a process that starts an engine; resolves when the engine serves. @throws Error with its reason if it doesn't. */
export async function spawnEngineOwner(dataDir: string): Promise<EngineOwner> {
  const child = spawnOwnerProcess(dataDir);
  const ended = once(child, "exit");
  const { failure, ...facts } = await firstLine(child);
  if (failure !== undefined) throw new Error(failure);
  return {
    child,
    ...facts,
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

type Facts = Omit<EngineOwner, "child" | "end"> & { readonly failure?: string };

async function firstLine(child: ChildProcess): Promise<Facts> {
  if (child.stdout === null) throw new Error("Expected a pipe for the output");
  for await (const line of createInterface(child.stdout)) return JSON.parse(line);
  throw new Error("The process ended without a word");
}
