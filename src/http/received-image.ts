import { type ByteDigests, createDigester } from "../fingerprint/digests.ts";

/** An image as it was sent, with its digests. */
export interface ReceivedImage extends ByteDigests {
  /** At least one byte. Put together from what arrived when first asked for: a repeat never needs it. */
  readonly bytes: Buffer;
  /** The client's own name for the file, without folders, at most 255 characters; untrusted, for display only. */
  readonly filename: string | null;
}

/** Takes the chunks of an image while they arrive. */
export interface ImageReceiver {
  /** Bytes so far. */
  length(): number;
  add(chunk: Buffer): void;
  finish(filename: string | null): ReceivedImage;
}

/** Starts to receive an image: its SHA-256 is computed while it arrives. */
export function receiveImage(): ImageReceiver {
  const digester = createDigester();
  const chunks: Buffer[] = [];
  let length = 0;
  return {
    length: () => length,
    add: (chunk) => {
      length += chunk.length;
      digester.update(chunk);
      chunks.push(chunk);
    },
    finish: (filename) => {
      let joined: Buffer | undefined;
      const join = (): Buffer => {
        joined ??= Buffer.concat(chunks, length);
        chunks.length = 0;
        return joined;
      };
      const { sha256, digests } = digester.finish(join);
      return {
        get bytes() {
          return join();
        },
        filename,
        sha256,
        digests,
      };
    },
  };
}
