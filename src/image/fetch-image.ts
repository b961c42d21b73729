import { AppError } from "../errors.ts";
import { type Resolve, resolveByDns, resolveBySystem } from "./address-resolve.ts";
import { readBody } from "./fetch-body.ts";
import { connectToFirst, type Dial, dialAddress, secureSocket } from "./fetch-connect.ts";
import { urlForbidden, urlUnreachable } from "./fetch-errors.ts";
import { redirectLocation, requestOnce } from "./fetch-response.ts";
import { type FetchTarget, parseTarget, permittedAddresses } from "./fetch-target.ts";

export interface FetchImageOptions {
  /** Most bytes of body, as it is sent (after any transfer coding) and of what it decompresses to. */
  readonly maxBytes: number;
  /** Milliseconds for everything together: names, connections, redirects and the body. */
  readonly timeoutMs: number;
  /** Redirects that are followed; one more fails. */
  readonly maxRedirects: number;
  /** Lets any address and any port be fetched, for closed test networks; still http and https only. */
  readonly allowPrivateUrls: boolean;
  /** Called with each chunk of the final body as it arrives, so that digests cost no second pass. A fetch can still fail afterwards. */
  readonly onChunk?: (chunk: Buffer) => void;
  /** Resolves names in place of DNS. */
  readonly resolve?: Resolve;
  /** Connects in place of the network; given only addresses that passed. */
  readonly dial?: Dial;
}

export interface FetchedImage {
  /** The body; it may be empty, and it may be no image. */
  readonly bytes: Buffer;
  /** URL that answered, after all redirects. */
  readonly finalUrl: string;
}

/** Rejects when the signal aborts, for work that may never settle. */
async function untilAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Errors of Node's DNS, sockets, TLS, HTTP parser and zlib carry a code; faults of our own and of `onChunk` mostly don't. */
function isNetworkError(error: unknown): boolean {
  return error instanceof Error && typeof Reflect.get(error, "code") === "string";
}

/** What a redirect leads to; whatever is wrong with it, the caller's own URL was well formed. */
function redirectTarget(location: string, base: URL): FetchTarget {
  try {
    return parseTarget(location, base);
  } catch (cause) {
    throw urlForbidden("redirects to http and https URLs only", "another redirect", cause);
  }
}

/** One request; gives the next target where it redirects. The connection is closed in every case. */
async function fetchHop(
  target: FetchTarget,
  options: FetchImageOptions,
  signal: AbortSignal,
): Promise<FetchTarget | FetchedImage> {
  const resolve = options.resolve ?? (options.allowPrivateUrls ? resolveBySystem : resolveByDns);
  const addresses = await untilAborted(
    () => permittedAddresses(target, resolve, options.allowPrivateUrls, signal),
    signal,
  );
  const socket = await connectToFirst(addresses, target.port, options.dial ?? dialAddress, signal);
  try {
    const isSecure = target.url.protocol === "https:";
    const stream = isSecure ? await secureSocket(socket, target.host, signal) : socket;
    const response = await requestOnce(target.url, stream, signal);
    const location = redirectLocation(response);
    if (location !== null) return redirectTarget(location, target.url);
    const bytes = await readBody(response, { maxBytes: options.maxBytes, onChunk: options.onChunk ?? (() => {}) });
    // A body without a length ends with its connection, also with one that failed or that the deadline closed.
    if (stream.errored) throw stream.errored;
    return { bytes, finalUrl: target.url.href };
  } finally {
    socket.destroy();
  }
}

async function followRedirects(
  first: FetchTarget,
  options: FetchImageOptions,
  signal: AbortSignal,
): Promise<FetchedImage> {
  let target = first;
  for (let hop = 0; hop <= options.maxRedirects; hop++) {
    const outcome = await fetchHop(target, options, signal);
    if ("bytes" in outcome) return outcome;
    target = outcome;
  }
  throw urlUnreachable(`it redirected more than ${options.maxRedirects} times`);
}

/**
 * Fetches an image from a URL a stranger chose. Only http and https, ports 80 and 443, and hosts all of whose addresses
 * are public; the address that was checked is the one connected to, and every redirect is checked like the first URL.
 * No cookies, credentials, proxies or kept connections. Messages tell nothing about inside addresses or what a server
 * sent.
 *
 * @throws AppError url_malformed, url_forbidden, url_unreachable or image_too_many_bytes, all with field `url`; what
 * `onChunk` throws is thrown on
 */
export async function fetchImage(url: string, options: FetchImageOptions): Promise<FetchedImage> {
  const target = parseTarget(url);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
  try {
    return await followRedirects(target, options, deadline.signal);
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (deadline.signal.aborted) {
      throw urlUnreachable(`its server did not send it within ${options.timeoutMs} ms`, error);
    }
    if (isNetworkError(error)) throw urlUnreachable("its server could not be reached or broke off", error);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
