import { join } from "node:path";
import { AppError } from "../../errors.ts";
import { type EngineAccount, runProgram } from "./run-program.ts";

/** Whether `account` can enter a folder; without an account: whether the service's own user can. */
export async function canEnter(folder: string, account: EngineAccount | undefined): Promise<boolean> {
  return ask('test -x "$1"', [folder], account);
}

/** Whether `account` can run the programs of a native folder and read what they need. */
export async function canRun(nativeFolder: string, account: EngineAccount | undefined): Promise<boolean> {
  const paths = ["bin/postgres", "bin/initdb", "share/postgresql/postgres.bki"].map((path) => join(nativeFolder, path));
  return ask('test -x "$1" && test -x "$2" && test -r "$3"', paths, account);
}

// Only the kernel can tell: parents, access lists and mounts all have a say, so a process of that user asks.
async function ask(test: string, paths: readonly string[], account: EngineAccount | undefined): Promise<boolean> {
  try {
    const { exitCode } = await runProgram("/bin/sh", ["-c", test, "sh", ...paths], account);
    return exitCode === 0;
  } catch (cause) {
    const uid = account?.uid ?? process.getuid?.();
    throw new AppError(
      "database_unavailable",
      `Expected to be able to run the embedded PostgreSQL as uid ${uid} but received ${String(cause)}: start the service ` +
        "as an ordinary user, or set DATABASE_URL",
      {},
      { cause },
    );
  }
}
