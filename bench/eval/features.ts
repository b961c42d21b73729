import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseNeuralMap } from "../../src/classifier/neural-map.ts";
import { fingerprintPixels } from "../../src/fingerprint/fingerprint-image.ts";
import { hexToBytes } from "../../src/fingerprint/hex.ts";
import { TRANSFORMS } from "../../src/fingerprint/transform.ts";
import { FINGERPRINT_VERSION } from "../../src/fingerprint/version.ts";
import { decodeForHashes } from "../../src/image/decode-image.ts";
import { ATTACKS_VERSION } from "./attacks.ts";
import { type HashPeers, loadHashPeers } from "./hash-peers.ts";
import { hashSourcesDigest } from "./hash-sources.ts";
import { HAS, RECORD } from "./record.ts";
import { modelVersion, openTaps } from "./taps.ts";

const HASH_BYTES = 32;

const NEURAL_MAP = fileURLToPath(new URL("../../models/nsfw-mobilenet-v2.neural.bin", import.meta.url));

/** The neural vector of taps, 512 hex digits, by the map that is shipped. */
export const neuralVector = parseNeuralMap(readFileSync(NEURAL_MAP), NEURAL_MAP).vectorOf;

/** Turns files into records, along the service's own path from bytes to hashes. */
export interface FeatureReader {
  /** @param peers whether to ask the peers too, which takes as long as everything else */
  read(file: Buffer, peers: boolean): Promise<Buffer>;
  close(): Promise<void>;
}

export async function openFeatures(): Promise<FeatureReader> {
  const taps = await openTaps();
  const peers = await loadHashPeers();
  return {
    async read(file, withPeers) {
      const { pixels } = await decodeForHashes(file);
      const record = Buffer.alloc(RECORD.bytes);
      for (const { trimmed, pdq, blockhash } of fingerprintPixels(pixels).variants) {
        record[0]! |= trimmed ? HAS.trimmed : HAS.whole;
        TRANSFORMS.forEach((transform, i) => {
          const at = (trimmed ? RECORD.trimmed : RECORD.whole) + i * HASH_BYTES;
          record.set(hexToBytes(pdq[transform]), at);
          record.set(hexToBytes(blockhash[transform]), at + TRANSFORMS.length * HASH_BYTES);
        });
      }
      (await taps.read(pixels)).forEach((value, i) => {
        record.writeFloatLE(value, RECORD.taps + 4 * i);
      });
      if (withPeers) await addPeers(record, file, peers);
      return record;
    },
    close: () => taps.close(),
  };
}

async function addPeers(record: Buffer, file: Buffer, peers: HashPeers): Promise<void> {
  record[0]! |= HAS.peers;
  record.set(await peers.phash(file), RECORD.phash);
  record.set(await peers.dhash(file), RECORD.dhash);
}

/** Names everything that the records depend on but for the photo: records of other versions are of no use. */
export async function featuresVersion(): Promise<string> {
  return `fingerprint-${FINGERPRINT_VERSION}-${await hashSourcesDigest()}-attacks-${ATTACKS_VERSION}-model-${await modelVersion()}`;
}
