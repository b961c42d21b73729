import type { IncomingMessage } from "node:http";
import ipaddr from "ipaddr.js";
import { ConfigError } from "../config.ts";

type Address = ReturnType<typeof ipaddr.process>;
type Range = readonly [Address, number];

/** Which hops between the client and this process are ours: none, a number of them, or those in some networks. */
export type ProxyTrust =
  | { readonly kind: "none" }
  | { readonly kind: "hops"; readonly count: number }
  | { readonly kind: "networks"; readonly networks: readonly Range[] };

/**
 * Reads TRUST_PROXY: `false`, a hop count such as `1`, or a comma list of addresses and networks such as
 * `10.0.0.0/8, fd00::/8, 192.0.2.7`.
 * @throws ConfigError naming the part that is none of these
 */
export function parseProxyTrust(setting: string): ProxyTrust {
  const text = setting.trim();
  if (text === "" || text === "false" || text === "0") return { kind: "none" };
  if (/^\d{1,2}$/.test(text)) return { kind: "hops", count: Number(text) };
  return { kind: "networks", networks: text.split(",").map((part) => parseNetwork(part.trim())) };
}

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

/** Takes the forms proxies write: `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::1`, `[2001:db8::1]:4711`. */
function parseAddress(text: string): Address | null {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  const unzoned = bare.split("%", 1)[0] ?? "";
  // Only four-part decimal IPv4: "1", "0x7f.1" and their like are addresses to some parsers and not to others.
  if (!unzoned.includes(":") && !ipaddr.IPv4.isValidFourPartDecimal(unzoned)) return null;
  return ipaddr.isValid(unzoned) ? ipaddr.process(unzoned) : null;
}

function parseNetwork(text: string): Range {
  const slash = text.indexOf("/");
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash));
  const widest = address instanceof ipaddr.IPv6 ? 128 : 32;
  const bits = slash === -1 ? String(widest) : text.slice(slash + 1);
  if (address === null || !/^\d{1,3}$/.test(bits) || Number(bits) > widest) {
    throw new ConfigError(
      `Expected false, a hop count, or addresses and networks for TRUST_PROXY but received ${text}`,
    );
  }
  return [address, Number(bits)];
}

function isWithin(address: Address, networks: readonly Range[]): boolean {
  return networks.some(([network, bits]) =>
    address instanceof ipaddr.IPv6
      ? network instanceof ipaddr.IPv6 && address.match(network, bits)
      : network instanceof ipaddr.IPv4 && address.match(network, bits),
  );
}
