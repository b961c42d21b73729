import ipaddr from "ipaddr.js";
import { ConfigError } from "./config-error.ts";

export type Address = ReturnType<typeof ipaddr.process>;
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

/** True for an address inside one of the networks; IPv4 and IPv6 are never inside each other. */
export function isWithin(address: Address, networks: readonly Range[]): boolean {
  return networks.some(([network, bits]) =>
    address instanceof ipaddr.IPv6
      ? network instanceof ipaddr.IPv6 && address.match(network, bits)
      : network instanceof ipaddr.IPv4 && address.match(network, bits),
  );
}

/**
 * Takes the forms proxies write: `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
 * @returns null for anything else
 */
export function parseAddress(text: string): Address | null {
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
