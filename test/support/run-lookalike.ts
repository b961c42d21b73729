import { spawn } from "node:child_process";
import { BUILT_COMMAND } from "./build-service.ts";

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `lookalike` as a process of its own, with these settings and no others. */
export async function runLookalike(args: readonly string[], settings: Record<string, string>): Promise<CommandResult> {
  const child = spawn(process.execPath, [BUILT_COMMAND, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH ?? "", WORKERS: "1", ...settings },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { exitCode, stdout, stderr };
}
