import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

/** Absolute path of a file or folder of the shared test data, or null where that data is not beside the project. */
export function sharedData(path: string): string | null {
  const full = root + path;
  return existsSync(full) ? full : null;
}
