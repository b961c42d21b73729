// Closes the loaders that the service closes, also for the peers.
import "../../src/image/decode-image.ts";

/** The published pHash and dHash that the service's fingerprints are measured beside: 64 bits each, as 8 bytes. */
export interface HashPeers {
  /** sharp-phash: signs of the low frequencies of a 32 x 32 DCT. */
  phash(file: Buffer): Promise<Uint8Array>;
  /** dhash-image: signs of differences on a 9 x 8 grid, of the centre of the picture: it crops to the grid's shape. */
  dhash(file: Buffer): Promise<Uint8Array>;
}

type Phash = (file: Buffer) => Promise<string>;
type Dhash = (file: Buffer) => Promise<Uint8Array>;

/** @throws Error where bench/node_modules is absent: `npm ci --prefix bench` installs it. */
export async function loadHashPeers(): Promise<HashPeers> {
  const phash = await importPeer<Phash>("sharp-phash");
  const dhash = await importPeer<Dhash>("dhash-image");
  return {
    async phash(file) {
      const bits = await phash(file);
      return Uint8Array.from({ length: 8 }, (_, i) => Number.parseInt(bits.slice(8 * i, 8 * i + 8), 2));
    },
    dhash,
  };
}

/** Takes the name as a value, so that the project type-checks without the peers. */
async function importPeer<Exported>(name: string): Promise<Exported> {
  try {
    return ((await import(name)) as { readonly default: Exported }).default;
  } catch (cause) {
    throw new Error(`Expected ${name} in bench/node_modules; install it with: npm ci --prefix bench`, { cause });
  }
}
