import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { progress } from "../index/progress.ts";

const folder = fileURLToPath(new URL("../..", import.meta.url));

/** Builds the service as users run it, and gives the path of its main file. */
export async function buildService(): Promise<string> {
  progress("the service is built");
  await promisify(execFile)("npm", ["run", "--silent", "build"], { cwd: folder });
  return `${folder}dist/main.js`;
}
