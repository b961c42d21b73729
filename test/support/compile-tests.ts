import { readdir, readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin, stop } from "esbuild";
import { COMPILED_FOLDER, compiledFile, PROJECT_FOLDER } from "./compiled-tests.ts";

const PROCESSES = join(PROJECT_FOLDER, "test/support/processes");

/**
 * Each module keeps the URL it has as a source, where fixtures lie beside it; one of src/ has that of the built service,
 * whose threads and workers lie beside it.
 */
const keepModuleUrls: Plugin = {
  name: "keep-module-urls",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const contents = await readFile(path, "utf8");
      return { contents: contents.replaceAll("import.meta.url", JSON.stringify(moduleUrl(path))), loader: "ts" };
    });
  },
};

function moduleUrl(path: string): string {
  const [top, ...rest] = relative(PROJECT_FOLDER, path).split("/");
  const file = top === "src" ? join(PROJECT_FOLDER, "dist", ...rest).replace(/\.ts$/, ".js") : path;
  return pathToFileURL(file).href;
}

/**
 * Makes one file of JavaScript of each test file, of what it imports of the project, and of every process that tests start.
 * Loading some 300 modules of TypeScript took half of the processor time of a test that starts a service.
 *
 * @returns the paths of the compiled test files, in the order of `files`
 */
export async function compileTests(files: readonly string[]): Promise<string[]> {
  const processes = (await readdir(PROCESSES)).map((name) => join(PROCESSES, name));
  await rm(COMPILED_FOLDER, { recursive: true, force: true });
  await build({
    entryPoints: [...files, ...processes],
    outbase: PROJECT_FOLDER,
    outdir: COMPILED_FOLDER,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node20.11",
    format: "esm",
    sourcemap: "linked",
    sourcesContent: false,
    logLevel: "warning",
    plugins: [keepModuleUrls],
  });
  // Its process would stay, with some 700 MB.
  await stop();
  return files.map(compiledFile);
}
