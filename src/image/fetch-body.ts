import type { IncomingMessage } from "node:http";
import { pipeline, type Transform } from "node:stream";
import { finished } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { ignoreLateError, urlTooManyBytes, urlUnreachable } from "./fetch-errors.ts";

/** The content codings (RFC 9110, 8.4.1) that some servers use although none is asked for. */
const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ["gzip", () => createGunzip()],
  ["x-gzip", () => createGunzip()],
  ["deflate", () => createInflate()],
  ["br", () => createBrotliDecompress()],
]);

/**
 * Pieces a body may come in, transfer coding's chunks and reads of the socket alike: so many, and one more for every 256
 * bytes. Each costs about 2 us, so that 20 MiB in chunks of one byte would keep the process busy for half a minute.
 */
const FREE_PIECES = 1024;
const BYTES_A_PIECE = 256;

export interface BodyLimits {
  /** Most bytes, of the body as it is sent and of what it decompresses to. */
  readonly maxBytes: number;
  /** Called with each chunk of the decompressed body as it arrives; what it throws is thrown on. */
  readonly onChunk: (chunk: Buffer) => void;
}

/**
 * The whole body of a 2xx response, decompressed, each chunk handed to `onChunk` as it arrives. A Content-Length over the
 * limit refuses at once; one within it is not believed, the bytes that arrive and those they decompress to are counted.
 * Decompression goes 16 KiB at a time and stops with the first chunk over the limit, so a bomb never unfolds.
 *
 * @throws AppError image_too_many_bytes; url_unreachable for another status, an unknown content coding, more than one, or
 * a body in too many pieces; Node's error where the body breaks off or can't be decompressed
 */
export async function readBody(response: IncomingMessage, { maxBytes, onChunk }: BodyLimits): Promise<Buffer> {
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) throw urlUnreachable(`its server answered with status ${status}`);
  const coding = (response.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  const createDecoder = DECODERS.get(coding);
  if (createDecoder === undefined && coding !== "identity") {
    throw urlUnreachable("its server sent it in a coding other than gzip, deflate or br");
  }
  if (Number(response.headers["content-length"]) > maxBytes) throw urlTooManyBytes(maxBytes);
  limitSent(response, maxBytes);
  const body = createDecoder === undefined ? response : decompressed(response, createDecoder());
  const chunks: Buffer[] = [];
  let byteLength = 0;
  // No stream in between: it would cost more than all else does for a body that comes byte by byte.
  body.on("data", (chunk: Buffer) => {
    byteLength += chunk.length;
    try {
      if (byteLength > maxBytes) throw urlTooManyBytes(maxBytes);
      onChunk(chunk);
      chunks.push(chunk);
    } catch (error) {
      body.destroy(error as Error);
    }
  });
  await finished(body);
  return Buffer.concat(chunks, byteLength);
}

/** Whichever of the two ends first by an error ends the other. */
function decompressed(response: IncomingMessage, decoder: Transform): Transform {
  pipeline(response, decoder, ignoreLateError);
  return decoder;
}

/** Ends a response whose body goes beyond what may be sent. */
function limitSent(response: IncomingMessage, maxBytes: number): void {
  let received = 0;
  let pieces = 0;
  response.on("data", (piece: Buffer) => {
    received += piece.length;
    pieces++;
    if (received > maxBytes) response.destroy(urlTooManyBytes(maxBytes));
    else if (pieces > FREE_PIECES + received / BYTES_A_PIECE) {
      response.destroy(urlUnreachable("its server sent it in too many pieces"));
    }
  });
}
