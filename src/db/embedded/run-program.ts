import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** The unprivileged user that PostgreSQL runs as when the service runs as root, which PostgreSQL refuses. */
export interface EngineAccount {
  readonly uid: number;
  readonly gid: number;
}

export interface ProgramResult {
  readonly exitCode: number | null;
  readonly output: string;
}

// Nothing of the service's own environment: it may hold secrets, and PG* variables would redirect the programs.
export const PROGRAM_ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

/**
 * Runs a program to its end, as `account` or, without one, as the service's own user.
 * @returns its exit code (null when a signal ended it) and all that it printed.
 * @throws the error of the spawn, such as EACCES, ENOENT, or EPERM where the service may not change to the account.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  account: EngineAccount | undefined,
): Promise<ProgramResult> {
  // The service's own folder may be closed to the account.
  const child = spawn(program, args, {
    ...account,
    cwd: "/",
    env: PROGRAM_ENVIRONMENT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  const [exitCode, out, err] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return { exitCode, output: `${out}${err}`.trim() };
}
