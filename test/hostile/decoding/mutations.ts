import { seeded } from "../../support/pictures.ts";
import { type GoodFile, goodFiles } from "./good-files.ts";
import type { HostileFile } from "./hostile-file.ts";

/** A whole number from 0 to below `limit`. */
type Pick = (limit: number) => number;
type Mutation = (bytes: Buffer, pick: Pick, other: Buffer) => Buffer;

/** What lengths and sizes are set to when they are to lie. */
const LIES = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];

/** Half the time in the first 64 bytes, where headers are. */
function place(bytes: Buffer, pick: Pick): number {
  return pick(pick(2) === 0 ? Math.min(64, bytes.length) : bytes.length);
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  bits(bytes, pick) {
    for (let count = 1 + pick(16); count > 0; count--) {
      const at = place(bytes, pick);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(8));
    }
    return bytes;
  },
  run(bytes, pick) {
    const at = place(bytes, pick);
    const value = [0, 255, pick(256)][pick(3)] ?? 0;
    return bytes.fill(value, at, Math.min(bytes.length, at + 1 + pick(64)));
  },
  noise(bytes, pick) {
    const at = place(bytes, pick);
    for (let offset = 0, length = 1 + pick(200); offset < length && at + offset < bytes.length; offset++) {
      bytes[at + offset] = pick(256);
    }
    return bytes;
  },
  cut: (bytes, pick) => bytes.subarray(0, pick(bytes.length)),
  leaveOut(bytes, pick) {
    const at = place(bytes, pick);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + pick(200))]);
  },
  repeat(bytes, pick) {
    const at = place(bytes, pick);
    const part = bytes.subarray(at, at + 1 + pick(400));
    return Buffer.concat([bytes.subarray(0, at), ...Array<Buffer>(1 + pick(50)).fill(part), bytes.subarray(at)]);
  },
  splice: (bytes, pick, other) =>
    Buffer.concat([bytes.subarray(0, place(bytes, pick)), other.subarray(place(other, pick))]),
  lie(bytes, pick) {
    const wide = bytes.length >= 4 && pick(2) === 0;
    const at = Math.min(place(bytes, pick), bytes.length - (wide ? 4 : 2));
    const value = LIES[pick(LIES.length)] ?? 0;
    if (wide) bytes.writeUInt32BE(value, at);
    else bytes.writeUInt16BE(value & 0xffff, at);
    return bytes;
  },
};

let made: Promise<GoodFile[]> | undefined;

/** Good files of all five formats made bad, the same for the same seed; which way is told by the name. */
export async function* mutations(seed: number, count: number): AsyncGenerator<HostileFile> {
  made ??= goodFiles();
  const files = await made;
  const ways = Object.entries(MUTATIONS);
  for (let number = 0; number < count; number++) {
    const random = seeded(seed * 1_000_003 + number);
    const pick: Pick = (limit) => Math.floor(random() * limit);
    const { format, name, bytes } = files[number % files.length] as GoodFile;
    const [way, mutate] = ways[pick(ways.length)] as [string, Mutation];
    const other = (files[pick(files.length)] as GoodFile).bytes;
    yield {
      corpus: `mutations ${format}`,
      name: `seed ${seed}, number ${number}: ${name}, ${way}`,
      bytes: mutate(Buffer.from(bytes), pick, other),
    };
  }
}
