import { existsSync } from "node:fs";

/**
 * Why tests that need a program, or a module of one, are skipped: its path is not there. False where it is. In CI, which
 * installs what the tests need, it is an error instead.
 */
export function missingProgram(path: string): string | false {
  if (existsSync(path)) return false;
  if (process.env.CI === "true") throw new Error(`Expected ${path} to be installed in CI`);
  return `needs ${path}`;
}
