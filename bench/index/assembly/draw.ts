// AssemblyScript: makes rows of 32 bytes. Compiled by bench/index/kernels.ts when the bench starts.
import { drawBlockhash } from "./blockhash-like";
import { drawPdq } from "./pdq-like";
import { seed, word } from "./random";

const ROW_BYTES: i32 = 32;
const BLOCK_ROWS_MAX: i32 = 16384;

/** The place in index order of each bit of the hash; filled in from outside. */
export const places = new StaticArray<u8>(256);
/** The rows made last. */
export const rows = new StaticArray<u8>(BLOCK_ROWS_MAX * ROW_BYTES);

const bits = new StaticArray<u8>(256);

/** Independent bits. */
export function uniform(count: i32, first: u32, second: u32, third: u32): void {
  seed(first, second, third);
  for (let at: usize = 0; at < <usize>(count * ROW_BYTES); at += 4) store<u32>(changetype<usize>(rows) + at, word());
}

export function pdq(count: i32, first: u32, second: u32, third: u32): void {
  seed(first, second, third);
  for (let row = 0; row < count; row++) {
    drawPdq(bits);
    writeRow(row);
  }
}

export function blockhash(count: i32, first: u32, second: u32, third: u32): void {
  seed(first, second, third);
  for (let row = 0; row < count; row++) {
    drawBlockhash(bits);
    writeRow(row);
  }
}

function writeRow(row: i32): void {
  const start = row * ROW_BYTES;
  for (let i = 0; i < ROW_BYTES; i++) unchecked((rows[start + i] = 0));
  for (let bit = 0; bit < 256; bit++) {
    const place = <i32>unchecked(places[bit]);
    const byte = start + (place >> 3);
    unchecked((rows[byte] = rows[byte] | (bits[bit] << <u8>(7 - (place & 7)))));
  }
}
