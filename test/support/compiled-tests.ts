import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// Where compile-tests.ts puts what it makes.

export const PROJECT_FOLDER = fileURLToPath(new URL("../..", import.meta.url));
export const COMPILED_FOLDER = join(PROJECT_FOLDER, "dist-test");

/** @returns the path of what a TypeScript file under test/ is compiled to */
export function compiledFile(file: string): string {
  return join(COMPILED_FOLDER, relative(PROJECT_FOLDER, file)).replace(/\.ts$/, ".mjs");
}

/** @returns what test/support/processes/<name>.ts is compiled to: a process or a thread that tests start */
export function compiledProcess(name: string): URL {
  return pathToFileURL(compiledFile(join(PROJECT_FOLDER, "test/support/processes", `${name}.ts`)));
}
