import { type WasmMemory, wasm } from "../../src/hot-index/kernel/web-assembly.ts";

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
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Addresses. */
  readonly places: { readonly value: number };
  readonly rows: { readonly value: number };
  uniform(count: number, first: number, second: number, third: number): void;
  pdq(count: number, first: number, second: number, third: number): void;
  blockhash(count: number, first: number, second: number, third: number): void;
}

const PAGE_BYTES = 65_536;
/** 4 GiB. */
export const PAGES_MAX = 65_536;

/** Memory before the rows that one thread works in, the main one among them. */
export const SCRATCH_BYTES = 16 * 2 ** 20;

/** Shared memory with room for `bytes`. */
export function scanMemory(bytes: number): WasmMemory {
  return new wasm.Memory({ initial: Math.ceil(bytes / PAGE_BYTES), maximum: PAGES_MAX, shared: true });
}

export function instantiateScan(module: object, memory: WasmMemory): ScanKernel {
  return new wasm.Instance(module, { env: { memory } }).exports as unknown as ScanKernel;
}

export function instantiateDraw(module: object): DrawKernel {
  const env = {
    abort() {
      throw new Error("assembly/draw.ts went out of bounds");
    },
  };
  return new wasm.Instance(module, { env }).exports as unknown as DrawKernel;
}
