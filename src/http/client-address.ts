import type { IncomingMessage } from "node:http";
import ipaddr from "ipaddr.js";
import { isWithin, type ProxyTrust, parseAddress } from "../proxy-trust.ts";

export type { ProxyTrust } from "../proxy-trust.ts";

/**
 * The address of the client behind the trusted proxies, as normalised text (an IPv4-mapped IPv6 address as IPv4, no zone).
 *
 * X-Forwarded-For is read from the right, where our own proxies append: each trusted hop vouches for the address to its
 * left, and the first address that isn't a trusted hop is the client. Text that is no address ends the walk: what is left
 * of it was written by someone nobody vouches for.
 *
 * @returns the empty string where the connection has no address any more
 */
export function clientAddress(incoming: Pick<IncomingMessage, "socket" | "headers">, trust: ProxyTrust): string {
  const peer = parseAddress(incoming.socket.remoteAddress ?? "");
  if (peer === null) return "";
  if (trust.kind === "none") return peer.toString();
  let client = peer;
  let hops = 0;
  for (const entry of forwardedFor(incoming).reverse()) {
    const trusted = trust.kind === "hops" ? hops < trust.count : isWithin(client, trust.networks);
    if (!trusted) break;
    const next = parseAddress(entry);
    if (next === null) break;
    client = next;
    hops++;
  }
  return client.toString();
}

/**
 * What a free allowance is counted by: an IPv4 address as it is, an IPv6 address by its /64 network, the least that one
 * customer is given (RFC 6177), in canonical text (RFC 5952) such as `2001:db8:1:2::/64`.
 * @param address as `clientAddress` gives it; anything else comes back unchanged
 */
export function allowanceAddress(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === null) return address;
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  return `${new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0]).toRFC5952String()}/64`;
}

function forwardedFor(incoming: Pick<IncomingMessage, "headers">): string[] {
  const header = incoming.headers["x-forwarded-for"];
  const text = Array.isArray(header) ? header.join(",") : (header ?? "");
  return text.split(",").map((part) => part.trim());
}
