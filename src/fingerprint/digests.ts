import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Digests } from "./fingerprint.ts";

/** Bytes hashed in one turn of the event loop: about 2 ms of MD5. */
const SLICE_BYTES = 1024 * 1024;

/** The digests of one run of bytes; SHA-256 is there at once, the others when they are asked for. */
export interface ByteDigests {
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  /**
   * All three digests. The first call hashes the bytes again, a slice per turn of the event loop so that other requests
   * go on meanwhile; later calls share its answer.
   */
  digests(): Promise<Digests>;
}

/** Takes the bytes of an image while they arrive. */
export interface Digester {
  update(chunk: Uint8Array): void;
  /** @param bytes everything that was given to `update`, in one piece, or what puts it together */
  finish(bytes: Uint8Array | (() => Uint8Array)): ByteDigests;
}

/**
 * Starts the digests of bytes that are still arriving.
 *
 * Only SHA-256 runs while they arrive: it is what a repeat is recognised by, and a repeat's other digests are stored
 * already. MD5 takes two and a half times as long as either SHA, so that computing all three for every upload would
 * cost a repeat more than everything else it does (docs/performance.md).
 */
export function createDigester(): Digester {
  const hash = createHash("sha256");
  return {
    update: (chunk) => {
      hash.update(chunk);
    },
    finish: (bytes) => lazyDigests(bytes, hash.digest("hex")),
  };
}

/** The digests of bytes that are there already, such as those fetched from a URL. */
export function digestBytes(bytes: Uint8Array): ByteDigests {
  const digester = createDigester();
  digester.update(bytes);
  return digester.finish(bytes);
}

function lazyDigests(bytes: Uint8Array | (() => Uint8Array), sha256: string): ByteDigests {
  let pending: Promise<Digests> | undefined;
  return {
    sha256,
    digests: () => {
      pending ??= digestInSlices(typeof bytes === "function" ? bytes() : bytes, sha256);
      return pending;
    },
  };
}

async function digestInSlices(bytes: Uint8Array, sha256: string): Promise<Digests> {
  const sha1 = createHash("sha1");
  const md5 = createHash("md5");
  for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
    if (start > 0) await nextTurn();
    const slice = bytes.subarray(start, start + SLICE_BYTES);
    sha1.update(slice);
    md5.update(slice);
  }
  return { sha1: sha1.digest("hex"), sha256, md5: md5.digest("hex") };
}
