import type { ByteDigests } from "../fingerprint/digests.ts";

/** An image as it was sent, with its digests. */
export interface ReceivedImage extends ByteDigests {
  /** At least one byte. */
  readonly bytes: Buffer;
  /** The client's own name for the file, without folders, at most 255 characters; untrusted, for display only. */
  readonly filename: string | null;
}
