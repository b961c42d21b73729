import { createRequire } from "node:module";

/** One perceptual hash of a file's bytes, by another package. */
type PeerHash = (bytes: Buffer) => Promise<unknown>;

/** @throws Error where the peers aren't installed: npm ci --prefix bench */
export async function hashPeers(): Promise<Readonly<Record<string, PeerHash>>> {
  const require = createRequire(new URL("./package.json", import.meta.url));
  const phash = require("sharp-phash") as PeerHash;
  const imghash = require("imghash") as { hash(bytes: Buffer, bits: number): Promise<string> };
  return {
    "sharp-phash, 64 bits, with its decode": phash,
    "imghash, 256 bits, with its decode": (bytes) => imghash.hash(bytes, 16),
  };
}
