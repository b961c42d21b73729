import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const GUARD = fileURLToPath(new URL("../../examples/xmpp-guard/guard.js", import.meta.url));
/** Only against a test that hangs. */
const PATIENCE_MS = 30_000;

/** The example's guard, running as its users run it. */
export interface GuardProcess {
  /** Resolves with the first line that it logged, or logs next, of those that match. */
  says(pattern: RegExp): Promise<string>;
  /** Everything logged so far. */
  lines(): readonly string[];
  /** Sends the signal and resolves with the exit code, or the signal's name. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
  readonly exited: Promise<number | string>;
}

export function startGuard(settings: Record<string, string>): GuardProcess {
  const child = spawn(process.execPath, [GUARD], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH ?? "", ...settings },
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const lines: string[] = [];
  const watchers = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.setEncoding("utf8").on("data", (text: string) => {
      const whole = (rest + text).split("\n");
      rest = whole.pop() ?? "";
      for (const line of whole) {
        lines.push(line);
        for (const watch of watchers) watch(line);
      }
    });
  }
  const exited = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => {
      process.off("exit", kill);
      resolve(code ?? signal ?? "unknown");
    });
  });
  return {
    exited,
    lines: () => lines,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          watchers.delete(watch);
          reject(new Error(`Expected the guard to log ${pattern} but it logged only:\n${lines.join("\n")}`));
        }, PATIENCE_MS);
        function watch(line: string): void {
          if (!pattern.test(line)) return;
          clearTimeout(late);
          watchers.delete(watch);
          resolve(line);
        }
        watchers.add(watch);
        for (const line of [...lines]) watch(line);
      }),
    stop(signal = "SIGINT") {
      child.kill(signal);
      return exited;
    },
  };
}
