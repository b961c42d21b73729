import { existsSync } from "node:fs";

/**
 * Says why tests of a Debian program are skipped, false where it is installed.
 * @throws {Error} in CI, where a test that can't run has failed
 */
export function missingProgram(path: string): string | false {
  if (existsSync(path)) return false;
  if (process.env.CI === "true") throw new Error(`Expected ${path} to be installed for these tests`);
  return `needs ${path}`;
}
