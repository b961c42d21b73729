import { type IncomingMessage, request as startRequest } from "node:http";
import type { Duplex } from "node:stream";
import { ignoreLateError, urlUnreachable } from "./fetch-errors.ts";

const MAX_HEADER_BYTES = 16_384;
const MAX_HEADERS = 256;
/** Answers before the answer (RFC 9110, 15.2); each could be followed by another for ever. */
const MAX_INTERIM_ANSWERS = 16;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Sends one GET on a connected stream and answers when the headers are in. It carries no cookie, no credentials and no
 * referrer, and asks for an uncompressed body.
 *
 * @throws AppError url_unreachable for too many headers or interim answers; Node's error where the connection fails or the signal aborts
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
  let interimAnswers = 0;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on("response", resolve);
    request.on("information", () => {
      if (++interimAnswers > MAX_INTERIM_ANSWERS) request.destroy(urlUnreachable("its server sent too many headers"));
    });
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
