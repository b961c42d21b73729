import { readFileSync } from "node:fs";
import asc from "assemblyscript/asc";

/** What assembly/scan.ts exports; addresses and sizes are bytes of the memory that it was instantiated with. */
export interface ScanKernel {
  scan(
    rows: number,
    from: number,
    to: number,
    hashes: number,
    count: number,
    threshold: number,
    limit: number,
    counts: number,
    out: number,
    capacity: number,
  ): number;
  tally(rows: number, from: number, to: number, hashes: number, count: number, threshold: number, counts: number): void;
  read(from: number, bytes: number): bigint;
}

/** What assembly/draw.ts exports. */
export interface DrawKernel {
  readonly memory: WebAssembly.Memory;
  readonly places: WebAssembly.Global<"i32">;
  readonly rows: WebAssembly.Global<"i32">;
  uniform(count: number, first: number, second: number, third: number): void;
  pdq(count: number, first: number, second: number, third: number): void;
  blockhash(count: number, first: number, second: number, third: number): void;
}

const PAGE_BYTES = 65_536;
const PAGES_MAX = 65_536;
const FOLDER = new URL("./assembly/", import.meta.url);
const OPTIMISED = ["-O3", "--runtime", "stub", "--noAssert", "--enable", "simd,threads"];

export function compileScan(): Promise<WebAssembly.Module> {
  return compile("scan.ts", ["--importMemory", "--sharedMemory", "--maximumMemory", String(PAGES_MAX)]);
}

export function compileDraw(): Promise<WebAssembly.Module> {
  return compile("draw.ts", []);
}

/** Shared memory with room for `bytes`. */
export function scanMemory(bytes: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES), maximum: PAGES_MAX, shared: true });
}

export function instantiateScan(module: WebAssembly.Module, memory: WebAssembly.Memory): ScanKernel {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as ScanKernel;
}

export function instantiateDraw(module: WebAssembly.Module): DrawKernel {
  const env = {
    abort() {
      throw new Error("assembly/draw.ts went out of bounds");
    },
  };
  return new WebAssembly.Instance(module, { env }).exports as unknown as DrawKernel;
}

async function compile(name: string, flags: readonly string[]): Promise<WebAssembly.Module> {
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
  return new WebAssembly.Module(new Uint8Array(binary));
}
