import { existsSync } from "node:fs";

/**
 * The reason to skip a test that runs a program of Debian's, or false where the program is there.
 * @param path absolute
 * @throws Error where it is absent in CI, which installs what the tests need
 */
export function missingProgram(path: string): string | false {
  if (existsSync(path)) return false;
  if (process.env.CI === "true") throw new Error(`Expected ${path} to be installed`);
  return `${path} is not installed`;
}
