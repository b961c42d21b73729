import { createHash } from "node:crypto";
import { base62OfUint32, randomBase62 } from "./ids.ts";

const ID_LENGTH = 12;
/** 27 base62 characters carry 160.7 bits. */
const SECRET_LENGTH = 27;
const CHECKSUM_LENGTH = 6;
const TOKEN = new RegExp(`^lk_([0-9A-Za-z]{${ID_LENGTH}})_([0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}})$`);

/** What a caller presents, split; `secret` still carries its checksum. */
export interface PresentedKey {
  /** `key_` and twelve base62 characters. */
  readonly id: string;
  readonly secret: string;
}

/** A new key: `token` is `lk_<id>_<secret>`, the form Bearer takes; `id` and `secret` are what Basic takes. */
export interface NewKey extends PresentedKey {
  readonly token: string;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 (IEEE 802.3) of ASCII text. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) crc = (crcTable[(crc ^ text.charCodeAt(i)) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function checksumOf(id: string, body: string): string {
  return base62OfUint32(crc32(`${id}_${body}`));
}

/** A fresh secret for a key id, checksum at its end. */
export function newSecret(id: string): NewKey {
  const body = randomBase62(SECRET_LENGTH);
  const secret = body + checksumOf(id, body);
  return { id, secret, token: `lk_${id.slice("key_".length)}_${secret}` };
}

export function newKeyToken(): NewKey {
  return newSecret(`key_${randomBase62(ID_LENGTH)}`);
}

/** Splits a whole token; null where it is not of this service's form. Does not look at the checksum. */
export function parseToken(token: string): PresentedKey | null {
  const match = TOKEN.exec(token);
  return match?.[1] && match[2] ? { id: `key_${match[1]}`, secret: match[2] } : null;
}

/**
 * True where the secret's checksum fits its key id: a mistyped key is refused without asking the database. Compares what was
 * presented with itself, so the time it takes tells nothing.
 */
export function checksumHolds(key: PresentedKey): boolean {
  const body = key.secret.slice(0, SECRET_LENGTH);
  return key.secret.length === SECRET_LENGTH + CHECKSUM_LENGTH && key.secret === body + checksumOf(key.id, body);
}

/** SHA-256 of a secret, hex: all that is stored. The secret is random, so a slow hash would add nothing. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
