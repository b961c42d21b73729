import { randomFillSync } from "node:crypto";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Bytes below this are spread evenly over the 62 characters; the others are drawn again. */
const EVEN = 62 * 4;
const POOL_BYTES = 4096;
const pool = Buffer.alloc(POOL_BYTES);
let drawn = POOL_BYTES;

/** `length` random base62 characters, 5.95 bits each, from the system's secure generator. */
export function randomBase62(length: number): string {
  let text = "";
  while (text.length < length) {
    if (drawn === POOL_BYTES) {
      randomFillSync(pool);
      drawn = 0;
    }
    const byte = pool[drawn] ?? EVEN;
    // What became part of a secret stays nowhere else.
    pool[drawn++] = 0;
    if (byte < EVEN) text += BASE62.charAt(byte % 62);
  }
  return text;
}

/** A number below 2^32 as six base62 characters, highest first. */
export function base62OfUint32(value: number): string {
  let text = "";
  for (let rest = value, i = 0; i < 6; i++, rest = Math.floor(rest / 62)) text = BASE62.charAt(rest % 62) + text;
  return text;
}

/** Database numbers behind public ids: `ent_2s` is entry 100 (base 36). */
const NUMBERED = { image: "img_", entry: "ent_", list: "list_", feedback: "fbk_" } as const;

export function publicId(kind: keyof typeof NUMBERED, id: bigint): string {
  return NUMBERED[kind] + id.toString(36);
}

/** The database number behind a public id, or null where the text is not one. */
export function internalId(kind: keyof typeof NUMBERED, text: string): bigint | null {
  const prefix = NUMBERED[kind];
  const digits = text.slice(prefix.length);
  if (!text.startsWith(prefix) || !/^[0-9a-z]{1,12}$/.test(digits)) return null;
  let id = 0n;
  for (const digit of digits) id = id * 36n + BigInt(Number.parseInt(digit, 36));
  return id;
}

/** A fresh id of one check. */
export function newCheckId(): string {
  return `chk_${randomBase62(20)}`;
}

/** A fresh id of a workflow. */
export function newWorkflowId(): string {
  return `wfl_${randomBase62(22)}`;
}
