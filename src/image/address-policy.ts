import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Inside services of clouds that live on addresses of public ranges: Azure's WireServer. */
const INSIDE_SERVICES = new Set(["168.63.129.16"]);

/** Endings that never name a public host: RFC 6761, 6762, 7686, 8375, ICANN's `internal`, and private networks' habits. */
const INSIDE_SUFFIXES = [
  "localhost",
  "localdomain",
  "local",
  "internal",
  "intranet",
  "private",
  "corp",
  "home",
  "lan",
  "svc",
  "home.arpa",
  "onion",
  "invalid",
];

function isPublicIPv4(address: ipaddr.IPv4): boolean {
  return address.range() === "unicast" && !INSIDE_SERVICES.has(address.toString());
}

/** The IPv4 address held by two 16-bit groups of an IPv6 address. */
function embeddedIPv4(high: number, low: number): ipaddr.IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}

function isPublicIPv6(address: ipaddr.IPv6): boolean {
  const [g0 = 0, g1 = 0, g2 = 0, g3 = 0, g4 = 0, g5 = 0, g6 = 0, g7 = 0] = address.parts;
  const tail = embeddedIPv4(g6, g7);
  const middleIsZero = g2 === 0 && g3 === 0 && g4 === 0;
  if (g0 === 0 && g1 === 0 && middleIsZero && g5 === 0xffff) return isPublicIPv4(tail);
  if (g0 === 0x64 && g1 === 0xff9b && middleIsZero && g5 === 0) return isPublicIPv4(tail);
  const isGlobalUnicast = g0 >> 13 === 1;
  if (!isGlobalUnicast) return false;
  const isIsatap = (g4 & ~0x0200) === 0 && g5 === 0x5efe;
  if (isIsatap && !isPublicIPv4(tail)) return false;
  if (g0 === 0x2002) return isPublicIPv4(embeddedIPv4(g1, g2));
  return address.range() === "unicast";
}

/**
 * Whether a numeric address is global unicast, so that a stranger may have it fetched. This is a list of what is
 * allowed: anything that the IANA special-purpose registries (RFC 6890 and successors) don't call global unicast is
 * refused (with them AS112, AMT and relay anycast blocks, which serve no pictures), and so is text that is no plain
 * address (zone ids, octal or short spellings).
 *
 * IPv4 inside IPv6: of mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96), 6to4 (2002::/16) and ISATAP (interface
 * 0:5efe:a.b.c.d) addresses the IPv4 address must be public too. Compatible (::/96), translated (::ffff:0:0:0/96),
 * local NAT64 (64:ff9b:1::/48, RFC 8215, whose layout each network chooses) and Teredo (2001::/32) addresses are
 * outside global unicast and refused whatever they hold.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes("%")) return false;
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv6 ? isPublicIPv6(parsed) : isPublicIPv4(parsed);
}

/**
 * Whether a lower-case host name without a trailing dot may name a public host: at least two labels, and none of the
 * endings that belong to the machine or its network. It saves asking the resolver about names such as `metadata`; what
 * the other names resolve to is still checked by {@link isPublicAddress}.
 */
export function isPublicHostName(name: string): boolean {
  if (!name.includes(".")) return false;
  return !INSIDE_SUFFIXES.some((suffix) => name === suffix || name.endsWith(`.${suffix}`));
}
