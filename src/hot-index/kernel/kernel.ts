import { javascriptKernel } from "./javascript-kernel.ts";
import { KERNEL_BASE64 } from "./kernel-bytes.ts";
import { type WasmMemory, wasm } from "./web-assembly.ts";

export type KernelKind = "wasm" | "javascript";

/** Memory that threads share: one of WebAssembly's for that kernel, so that it is reached without a copy. */
export type KernelMemory = WasmMemory | SharedArrayBuffer;

/** The most bytes that one memory can have: 65,536 pages. */
export const MEMORY_BYTES_MAX = 2 ** 32;

const PAGE_BYTES = 65_536;

/**
 * The inner loops, over one memory. All arguments are addresses (bytes), counts or bits as unsigned 32-bit numbers; the
 * source in assembly/ says what each does. Flags come back as 0 and 1.
 */
export interface Kernel {
  chunkPairs(chunk: number, next: number, from: number, to: number, pairs: number): void;
  countPartitions(pairs: number, from: number, to: number, counts: number): void;
  partitionRows(pairs: number, from: number, to: number, ends: number, sorted: number): void;
  sortPartition(
    sorted: number,
    from: number,
    to: number,
    ends: number,
    starts: number,
    ids: number,
    nexts: number,
  ): void;
  probe(scratch: number, hash: number, threshold: number): number;
  scan(scratch: number, from: number, to: number, threshold: number): number;
  forget(scratch: number): void;
}

let module: object | undefined;

function kernelBytes(): Uint8Array {
  return Buffer.from(KERNEL_BASE64, "base64");
}

/** The kernel for this machine: WebAssembly where its SIMD and threads are known, else plain JavaScript. */
export function chooseKernel(): KernelKind {
  return wasm.validate(kernelBytes()) ? "wasm" : "javascript";
}

/**
 * Zeroed memory of at least `bytes`. The system provides pages as they are first written, so a part never touched costs
 * addresses only.
 * @throws RangeError above {@link MEMORY_BYTES_MAX}, or where there is no room
 */
export function allocateMemory(kind: KernelKind, bytes: number): KernelMemory {
  if (bytes > MEMORY_BYTES_MAX)
    throw new RangeError(`Expected at most ${MEMORY_BYTES_MAX} bytes but received ${bytes}`);
  const pages = Math.ceil(bytes / PAGE_BYTES);
  if (kind === "javascript") return new SharedArrayBuffer(pages * PAGE_BYTES);
  return new wasm.Memory({ initial: pages, maximum: pages, shared: true });
}

export function bufferOf(memory: KernelMemory): SharedArrayBuffer {
  return memory instanceof SharedArrayBuffer ? memory : memory.buffer;
}

/** The kernel over this memory, which was allocated for the same kind. */
export function openKernel(kind: KernelKind, memory: KernelMemory): Kernel {
  if (kind === "javascript") return javascriptKernel(bufferOf(memory));
  module ??= new wasm.Module(kernelBytes());
  return new wasm.Instance(module, { env: { memory } }).exports as Kernel;
}
