import { ID_BYTES } from "../segment-layout.ts";
import type { Kernel } from "./kernel.ts";

type BuildLoops = Pick<Kernel, "chunkPairs" | "countPartitions" | "partitionRows" | "sortPartition">;

/** assembly/build.ts in plain JavaScript. */
export function buildLoops(buffer: SharedArrayBuffer): BuildLoops {
  const bytes = new Uint8Array(buffer);
  const halves = new Uint16Array(buffer);
  const words = new Uint32Array(buffer);

  function chunkPairs(chunk: number, next: number, from: number, to: number, pairs: number): void {
    for (let row = from; row < to; row++) {
      const pair = (halves[chunk / 2 + row * 8] as number) + (halves[next / 2 + row * 8] as number) * 65_536;
      words[pairs / 4 + row] = pair;
    }
  }

  function countPartitions(pairs: number, from: number, to: number, counts: number): void {
    for (let row = from; row < to; row++) {
      const count = counts / 4 + (bytes[pairs + row * 4 + 1] as number);
      words[count] = (words[count] as number) + 1;
    }
  }

  function partitionRows(pairs: number, from: number, to: number, ends: number, sorted: number): void {
    for (let row = from; row < to; row++) {
      const pair = words[pairs / 4 + row] as number;
      const place = ends / 4 + ((pair >>> 8) & 0xff);
      const end = words[place] as number;
      words[place] = end + 1;
      words[sorted / 4 + end * 2] = row;
      words[sorted / 4 + end * 2 + 1] = pair & 0xffff_00ff;
    }
  }

  function sortPartition(
    sorted: number,
    from: number,
    to: number,
    ends: number,
    starts: number,
    ids: number,
    nexts: number,
  ): void {
    const places = words.subarray(ends / 4, ends / 4 + 256).fill(0);
    for (let i = from; i < to; i++) {
      const value = bytes[sorted + i * 8 + 4] as number;
      places[value] = (places[value] as number) + 1;
    }
    let next = from;
    for (let value = 0; value < 256; value++) {
      words[starts / 4 + value] = next;
      next += places[value] as number;
      places[value] = words[starts / 4 + value] as number;
    }
    for (let i = from; i < to; i++) {
      const record = sorted + i * 8;
      const value = bytes[record + 4] as number;
      const end = places[value] as number;
      places[value] = end + 1;
      for (let byte = 0; byte < ID_BYTES; byte++) bytes[ids + end * ID_BYTES + byte] = bytes[record + byte] as number;
      halves[nexts / 2 + end] = halves[record / 2 + 3] as number;
    }
  }

  return { chunkPairs, countPartitions, partitionRows, sortPartition };
}
