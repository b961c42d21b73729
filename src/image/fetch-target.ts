import { isIP } from "node:net";
import { isPublicAddress, isPublicHostName } from "./address-policy.ts";
import type { Resolve } from "./address-resolve.ts";
import { urlForbidden, urlMalformed } from "./fetch-errors.ts";

/** Longest URL that is read, in UTF-16 units. */
const MAX_URL_LENGTH = 8192;
/** Longest host name, in bytes, and its labels (RFC 1035, 2.3.4); underscores do occur in real names. */
const MAX_NAME_LENGTH = 253;
const HOST_NAME = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** A URL whose shape was checked: http or https, no credentials, a well-formed host. */
export interface FetchTarget {
  /** As WHATWG spells it, without a trailing dot on the host name. */
  readonly url: URL;
  /** Host name in lower case, or a numeric address without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads a URL the WHATWG way, which settles every odd spelling (decimal, octal and hex addresses, backslashes, tabs,
 * full-width digits) before anything is judged. A relative URL is taken against `base`.
 *
 * @throws AppError url_malformed
 */
export function parseTarget(text: string, base?: URL): FetchTarget {
  if (text.length > MAX_URL_LENGTH) {
    throw urlMalformed(`${text.length} characters, which is more than ${MAX_URL_LENGTH}`);
  }
  let url: URL;
  try {
    url = new URL(text, base);
  } catch {
    throw urlMalformed("text that can't be parsed as one");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw urlMalformed("another scheme");
  if (url.username !== "" || url.password !== "") throw urlMalformed("one with a user name or password");
  if (url.hostname.endsWith(".")) url.hostname = url.hostname.slice(0, -1);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) === 0 && (host.length > MAX_NAME_LENGTH || !HOST_NAME.test(host))) {
    throw urlMalformed("one with a malformed host name");
  }
  return { url, host, port: Number(url.port) || (url.protocol === "https:" ? 443 : 80) };
}

function assertPublicPort(url: URL): void {
  if (url.port !== "" && url.port !== "80" && url.port !== "443") throw urlForbidden("port 80 or 443", "another port");
}

/**
 * The addresses that may be connected to for a target: one where the host is numeric, all of the name's otherwise.
 * With `allowPrivateUrls` any port and any address will do; without it a single answer that isn't public refuses the
 * name, since the next look-up could choose it.
 *
 * @throws AppError url_forbidden; whatever the resolver throws
 */
export async function permittedAddresses(
  target: FetchTarget,
  resolve: Resolve,
  allowPrivateUrls: boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const isNumeric = isIP(target.host) !== 0;
  if (!allowPrivateUrls) {
    assertPublicPort(target.url);
    if (!isNumeric && !isPublicHostName(target.host)) throw urlForbidden("a public host", "the name of an inside one");
  }
  const addresses = isNumeric ? [target.host] : await resolve(target.host, signal);
  if (!allowPrivateUrls && !addresses.every(isPublicAddress)) {
    throw urlForbidden("a host with public addresses only", "one with another address");
  }
  return addresses;
}
