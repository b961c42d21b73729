/** The part of WebAssembly used here: Node's types leave it to those of browsers. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

interface WasmNamespace {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => WasmMemory;
}

declare const WebAssembly: WasmNamespace;

export const wasm: WasmNamespace = WebAssembly;
