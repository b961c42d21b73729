import { readFileSync } from "node:fs";
import asc from "assemblyscript/asc";
import { wasm } from "../../src/hot-index/kernel/web-assembly.ts";
import { PAGES_MAX } from "./kernels.ts";

const FOLDER = new URL("./assembly/", import.meta.url);
const OPTIMISED = ["-O3", "--runtime", "stub", "--noAssert", "--enable", "simd,threads"];

/** assembly/scan.ts as a module. */
export function compileScan(): Promise<object> {
  return compile("scan.ts", ["--importMemory", "--sharedMemory", "--maximumMemory", String(PAGES_MAX)]);
}

/** assembly/draw.ts as a module. */
export function compileDraw(): Promise<object> {
  return compile("draw.ts", []);
}

async function compile(name: string, flags: readonly string[]): Promise<object> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([name, "--outFile", "out.wasm", ...OPTIMISED, ...flags], {
    readFile(path) {
      try {
        return readFileSync(new URL(path, FOLDER), "utf8");
      } catch {
        return null;
      }
    },
    writeFile(_, contents) {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new Error(`assembly/${name}: ${error?.message} ${stderr}`);
  return new wasm.Module(new Uint8Array(binary));
}
