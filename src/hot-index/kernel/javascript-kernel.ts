import {
  CANDIDATES,
  CANDIDATES_MAX,
  CAPACITY,
  CHUNK_RECORD_BYTES,
  CHUNK_RECORDS,
  CHUNKS,
  FOUND,
  FOUND_AT,
  FOUND_ROW,
  HASHES,
  ID_BYTES,
  IDS,
  MASKS,
  NEXTS,
  PREFIXES,
  QUERY,
  RADII,
  RESTS,
  SEEN,
  STARTS,
} from "../segment-layout.ts";
import { buildLoops } from "./javascript-build.ts";
import type { Kernel } from "./kernel.ts";

/** The kernel of assembly/ in plain JavaScript, over the same layout: for machines without WebAssembly's SIMD or threads. */
export function javascriptKernel(buffer: SharedArrayBuffer): Kernel {
  const bytes = new Uint8Array(buffer);
  const halves = new Uint16Array(buffer);
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

    /** The rows of one chunk value whose next chunk is near enough. */
    function gather(record: number, from: number, to: number, next: number, far: number): boolean {
      const nexts = word(record + NEXTS) >>> 1;
      const ids = word(record + IDS);
      for (let place = from; place < to; place++) {
        if (onesOf((halves[nexts + place] as number) ^ next) > far) continue;
        const id = ids + place * ID_BYTES;
        words[candidates + count++] =
          (bytes[id] as number) | ((bytes[id + 1] as number) << 8) | ((bytes[id + 2] as number) << 16);
        if (count === CANDIDATES_MAX && verify()) return true;
      }
      return false;
    }

    const radiusOf = (chunk: number) => signed[(scratch + RADII + chunk * 4) >>> 2] as number;
    const chunkOf = (chunk: number) => halves[(query >>> 1) + chunk] as number;
    const masks = word(MASKS);
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      const radius = radiusOf(chunk);
      if (radius < 0) continue;
      const record = CHUNK_RECORDS + chunk * CHUNK_RECORD_BYTES;
      const starts = word(record + STARTS) >>> 2;
      const after = (chunk + 1) % CHUNKS;
      const both = radius + radiusOf(after) + 1;
      for (let weight = 0; weight <= radius; weight++) {
        const last = word(masks + weight * 4 + 4) >>> 1;
        for (let mask = word(masks + weight * 4) >>> 1; mask < last; mask++) {
          const start = starts + (chunkOf(chunk) ^ (halves[mask] as number));
          const to = words[start + 1] as number;
          if (gather(record, words[start] as number, to, chunkOf(after), both - weight)) return 1;
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

/** Set bits of 32 (Warren: Hacker's Delight, 5-1). */
function onesOf(value: number): number {
  let sum = value - ((value >>> 1) & 0x5555_5555);
  sum = (sum & 0x3333_3333) + ((sum >>> 2) & 0x3333_3333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
