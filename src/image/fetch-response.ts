import { type IncomingMessage, request as startRequest } from "node:http";
import type { Duplex } from "node:stream";
import { ignoreLateError, urlTooManyBytes, urlUnreachable } from "./fetch-errors.ts";

const MAX_HEADER_BYTES = 16_384;
const MAX_HEADERS = 256;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Sends one GET on a connected stream and answers when the headers are in. It carries no cookie, no credentials and no
 * referrer, and asks for an uncompressed body.
 *
 * @throws AppError url_unreachable for too many headers; Node's error where the connection fails or the signal aborts
 */
export async function requestOnce(url: URL, stream: Duplex, signal: AbortSignal): Promise<IncomingMessage> {
  const request = startRequest({
    createConnection: () => stream,
    setHost: false,
    method: "GET",
    path: url.pathname + url.search,
    headers: { host: url.host, accept: "image/*", "accept-encoding": "identity", "user-agent": "lookalike" },
    maxHeaderSize: MAX_HEADER_BYTES,
    insecureHTTPParser: false,
    signal,
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on("response", resolve);
    request.on("error", reject);
    // A switch of protocols closes without an error.
    request.on("close", () => reject(urlUnreachable("its server closed without an answer")));
    request.end();
  });
  response.on("error", ignoreLateError);
  if (response.rawHeaders.length > MAX_HEADERS * 2) throw urlUnreachable("its server sent too many headers");
  return response;
}

/**
 * Where a response redirects to, as its Location header says it; null where it doesn't redirect.
 *
 * @throws AppError url_unreachable for a redirect without a Location
 */
export function redirectLocation(response: IncomingMessage): string | null {
  if (!REDIRECTS.has(response.statusCode ?? 0)) return null;
  const { location } = response.headers;
  if (location === undefined) throw urlUnreachable("its server redirected to nowhere");
  // Node reads header bytes as Latin-1; servers that don't percent-encode send UTF-8.
  return Buffer.from(location, "latin1").toString("utf8");
}

/**
 * The whole body of a 2xx response, each chunk handed to `onChunk` as it arrives. A Content-Length over the limit
 * refuses at once; one within it is not believed, the bytes that arrive are counted.
 *
 * @throws AppError image_too_many_bytes; url_unreachable for another status or a compressed body; Node's error where
 * the body breaks off
 */
export async function readBody(
  response: IncomingMessage,
  maxBytes: number,
  onChunk: (chunk: Buffer) => void,
): Promise<Buffer> {
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) throw urlUnreachable(`its server answered with status ${status}`);
  const encoding = response.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity") throw urlUnreachable("its server sent a compressed body unasked");
  if (Number(response.headers["content-length"]) > maxBytes) throw urlTooManyBytes(maxBytes);
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > maxBytes) throw urlTooManyBytes(maxBytes);
    onChunk(chunk);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, received);
}
