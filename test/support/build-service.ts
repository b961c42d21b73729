import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PROJECT_FOLDER } from "./compiled-tests.ts";

/** What `buildService` makes of main.ts, of the workers and of the command: they start in a third of the time that the sources take. */
export const BUILT_MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
export const BUILT_WORKER = new URL("../../dist/worker/image-worker.js", import.meta.url);
export const BUILT_COMMAND = fileURLToPath(new URL("../../dist/cli/lookalike.js", import.meta.url));

/** Builds the service as its users run it. */
export async function buildService(): Promise<void> {
  await promisify(execFile)("npm", ["run", "--silent", "build"], { cwd: PROJECT_FOLDER });
}
