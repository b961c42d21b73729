import {
  BASES,
  BLOCK_BITS,
  BLOCK_VALUES,
  CANDIDATES,
  CANDIDATES_MAX,
  CAPACITY,
  CHUNK_RECORD_BYTES,
  CHUNK_RECORDS,
  CHUNKS,
  ENDS,
  FOUND,
  FOUND_AT,
  FOUND_ROW,
  HASHES,
  HIGH_MASKS,
  IDS,
  IS_WIDE,
  LOW_MASKS,
  PREFIXES,
  QUERY,
  RADII,
  RESTS,
  SEEN,
  START,
  WIDE,
  WIDE_VALUES,
  WIDTH,
} from "../segment-layout.ts";
import { buildLoops } from "./javascript-build.ts";
import type { Kernel } from "./kernel.ts";

/** How many of the low masks have at most this many bits set. */
const LOW_MASK_COUNTS = [1, 7, 22, 42, 57, 63, 64];

/** The kernel of assembly/ in plain JavaScript, over the same layout: for machines without WebAssembly's SIMD or threads. */
export function javascriptKernel(buffer: SharedArrayBuffer): Kernel {
  const bytes = new Uint8Array(buffer);
  const words = new Uint32Array(buffer);
  const signed = new Int32Array(buffer);
  const numbers = new Float64Array(buffer);

  function word(address: number): number {
    return words[address >>> 2] as number;
  }

  /** Bits that differ between `count` words. */
  function difference(left: number, right: number, count: number): number {
    let distance = 0;
    for (let i = 0; i < count; i++) {
      distance += onesOf((signed[(left >>> 2) + i] as number) ^ (signed[(right >>> 2) + i] as number));
    }
    return distance;
  }

  function isWithin(row: number, query: number, threshold: number): boolean {
    const half = difference(word(PREFIXES) + row * 16, query, 4);
    return half <= threshold && half + difference(word(RESTS) + row * 16, query + 16, 4) <= threshold;
  }

  function report(scratch: number, row: number): boolean {
    const seen = word(scratch + SEEN) + (row >>> 3);
    const bit = 1 << (row & 7);
    if (((bytes[seen] as number) & bit) !== 0) return false;
    bytes[seen] = (bytes[seen] as number) | bit;
    let nearest = FOUND_ROW - 1;
    for (let place = 0; place < word(scratch + HASHES); place++) {
      const query = scratch + QUERY + place * 32;
      const distance =
        difference(word(PREFIXES) + row * 16, query, 4) + difference(word(RESTS) + row * 16, query + 16, 4);
      nearest = Math.min(nearest, distance * 16 + place);
    }
    const found = word(scratch + FOUND);
    numbers[(word(scratch + FOUND_AT) >>> 3) + found] = row * FOUND_ROW + nearest;
    words[(scratch + FOUND) >>> 2] = found + 1;
    return found + 1 >= word(scratch + CAPACITY);
  }

  function scan(scratch: number, from: number, to: number, threshold: number): number {
    const hashes = word(scratch + HASHES);
    for (let row = from; row < to; row++) {
      for (let hash = 0; hash < hashes; hash++) {
        if (!isWithin(row, scratch + QUERY + hash * 32, threshold)) continue;
        if (report(scratch, row)) return 1;
        break;
      }
    }
    return 0;
  }

  function probe(scratch: number, hash: number, threshold: number): number {
    const candidates = word(scratch + CANDIDATES) >>> 2;
    const query = scratch + QUERY + hash * 32;
    let count = 0;

    function verify(): boolean {
      for (let i = 0; i < count; i++) {
        const row = words[candidates + i] as number;
        if (isWithin(row, query, threshold) && report(scratch, row)) return true;
      }
      count = 0;
      return false;
    }

    function gather(ids: number, from: number, to: number): boolean {
      for (let i = from; i < to; i++) {
        words[candidates + count++] = words[(ids >>> 2) + i] as number;
        if (count === CANDIDATES_MAX && verify()) return true;
      }
      return false;
    }

    function probeBlock(record: number, block: number, low: number, lows: number): boolean {
      const base = word(word(record + BASES) + block * 4);
      const ids = word(record + IDS);
      const ends = word(record + ENDS) + block * BLOCK_VALUES;
      const wide = word(record + WIDE) + (base & ~IS_WIDE) * WIDE_VALUES * 4;
      for (let i = 0; i < lows; i++) {
        const value = low ^ (bytes[LOW_MASKS + i] as number);
        const start =
          base >= IS_WIDE ? word(wide + value * 4) : base + (value === 0 ? 0 : (bytes[ends + value - 1] as number));
        const end = base >= IS_WIDE ? word(wide + value * 4 + 4) : base + (bytes[ends + value] as number);
        if (start < end && gather(ids, start, end)) return true;
      }
      return false;
    }

    for (let chunk = 0; chunk < word(CHUNKS); chunk++) {
      const radius = signed[(scratch + RADII + chunk * 4) >>> 2] as number;
      if (radius < 0) continue;
      const record = CHUNK_RECORDS + chunk * CHUNK_RECORD_BYTES;
      const value = chunkOf(words, query >>> 2, word(record + START), word(record + WIDTH));
      const high = word(record + HIGH_MASKS);
      for (let weight = 0; weight <= radius; weight++) {
        const lows = LOW_MASK_COUNTS[Math.min(radius - weight, BLOCK_BITS)] as number;
        for (let mask = word(high + weight * 4); mask < word(high + weight * 4 + 4); mask += 4) {
          if (probeBlock(record, (value >>> BLOCK_BITS) ^ word(mask), value & (BLOCK_VALUES - 1), lows)) return 1;
        }
      }
    }
    return verify() ? 1 : 0;
  }

  function forget(scratch: number): void {
    const from = word(scratch + FOUND_AT) >>> 3;
    for (let i = from; i < from + word(scratch + FOUND); i++) {
      const row = Math.floor((numbers[i] as number) / FOUND_ROW);
      const seen = word(scratch + SEEN) + (row >>> 3);
      bytes[seen] = (bytes[seen] as number) & ~(1 << (row & 7));
    }
    words[(scratch + FOUND) >>> 2] = 0;
  }

  return { ...buildLoops(buffer), probe, scan, forget };
}

/** The value of the chunk in a hash whose first word is words[query]. */
export function chunkOf(words: Uint32Array, query: number, start: number, width: number): number {
  const first = words[query + (start >>> 5)] as number;
  const shift = start & 31;
  const left = shift + width;
  if (left <= 32) return ((first << shift) >>> (32 - width)) >>> 0;
  const second = words[query + (start >>> 5) + 1] as number;
  return (((first << shift) >>> (32 - width)) | (second >>> (64 - left))) >>> 0;
}

/** Set bits of 32 (Warren: Hacker's Delight, 5-1). */
function onesOf(value: number): number {
  let sum = value - ((value >>> 1) & 0x5555_5555);
  sum = (sum & 0x3333_3333) + ((sum >>> 2) & 0x3333_3333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
