import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { BUILT_MAIN } from "./build-service.ts";

/** The service as a process of its own, started as its users start it once it is built. */
export interface ServiceProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** What it told on standard output until it listened. */
  readonly greeting: string;
  readonly url: string;
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  /** Everything logged so far. */
  log(): string;
}

/** Starts the built service with these settings on a free port. Rejects with its log where it ends before it listens. */
export async function startServiceProcess(settings: Record<string, string>): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [BUILT_MAIN], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH ?? "", PORT: "0", WORKERS: "1", ...settings },
  });
  let told = "";
  let logged = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    logged += text;
  });
  const exited = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      told += text;
      const address = /listens on (http:\/\/\S+)/.exec(told)?.[1];
      if (address !== undefined && told.includes("curl ")) resolve(address);
    });
    void exited.then((code) => reject(new Error(`The service ended with ${code}: ${logged}`)));
  });
  return { child, greeting: told, url, exited, log: () => logged };
}
