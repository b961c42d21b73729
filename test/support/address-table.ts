import { isPublicAddress } from "../../src/image/address-policy.ts";

/** A block of addresses: first address and prefix length. */
type Block = readonly [bigint, number];

function ipv4Value(text: string): bigint {
  return text.split(".").reduce((value, octet) => value * 256n + BigInt(octet), 0n);
}

function ipv4Blocks(...blocks: readonly string[]): readonly Block[] {
  return blocks.map((block) => {
    const [address = "", length] = block.split("/");
    return [ipv4Value(address), Number(length)];
  });
}

/** First 64 bits as four hex groups, and the prefix length. */
function ipv6Block(groups: readonly [number, number, number, number], length: number): Block {
  return [groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n) << 64n, length];
}

/** Refused: IANA IPv4 Special-Purpose Address Registry, multicast (RFC 5771), and Azure's WireServer. */
export const REFUSED_IPV4 = ipv4Blocks(
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
);

/** IANA IPv6 Special-Purpose Address Registry, as far as it lies in 2000::/3. */
const REFUSED_IPV6: readonly Block[] = [
  ipv6Block([0x2001, 0, 0, 0], 23),
  ipv6Block([0x2001, 0xdb8, 0, 0], 32),
  ipv6Block([0x2620, 0x4f, 0x8000, 0], 48),
  ipv6Block([0x3fff, 0, 0, 0], 20),
];

const GLOBAL_UNICAST = ipv6Block([0x2000, 0, 0, 0], 3);
const SIX_TO_FOUR = ipv6Block([0x2002, 0, 0, 0], 16);
const MAPPED: Block = [0xffffn << 32n, 96];
const NAT64 = ipv6Block([0x64, 0xff9b, 0, 0], 96);

function holds([first, length]: Block, value: bigint, bits: number): boolean {
  const shift = BigInt(bits - length);
  return value >> shift === first >> shift;
}

export function tableAllowsIPv4(value: bigint): boolean {
  return !REFUSED_IPV4.some((block) => holds(block, value, 32));
}

function tableAllowsIPv6(value: bigint): boolean {
  const tail = value & 0xffffffffn;
  if (holds(MAPPED, value, 128) || holds(NAT64, value, 128)) return tableAllowsIPv4(tail);
  if (!holds(GLOBAL_UNICAST, value, 128) || REFUSED_IPV6.some((block) => holds(block, value, 128))) return false;
  const interfaceHead = (value >> 32n) & 0xffffffffn;
  if ((interfaceHead === 0x5efen || interfaceHead === 0x02005efen) && !tableAllowsIPv4(tail)) return false;
  return !holds(SIX_TO_FOUR, value, 128) || tableAllowsIPv4((value >> 80n) & 0xffffffffn);
}

export function ipv4Text(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join(".");
}

function ipv6Text(value: bigint): string {
  return Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(":");
}

/** Seeded 32-bit numbers (mulberry32), so that a disagreement can be looked at again. */
function seededBits(seed: number): (bits: number) => bigint {
  let state = seed;
  const next32 = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return BigInt((mixed ^ (mixed >>> 14)) >>> 0);
  };
  return (bits) => {
    let value = 0n;
    for (let have = 0; have < bits; have += 32) value = (value << 32n) | next32();
    return value & ((1n << BigInt(bits)) - 1n);
  };
}

/** A random address inside a block, or right beside one of its ends. */
function nearBlock([first, length]: Block, bits: number, random: (bits: number) => bigint): bigint {
  const free = bits - length;
  const end = first + (1n << BigInt(free));
  const modulus = 1n << BigInt(bits);
  const choices = [
    first + random(Math.max(free, 1)),
    first - 1n - random(2),
    first + random(2),
    end + random(2),
    end - 1n,
  ];
  const choice = choices[Number(random(3)) % choices.length] ?? first;
  return ((choice % modulus) + modulus) % modulus;
}

/** What came of comparing the policy with the table. */
export interface AddressComparison {
  /** Addresses that the table allows. */
  readonly allowed: number;
  /** Addresses that the two judge differently, with the table's judgement. */
  readonly disagreements: readonly string[];
}

/**
 * Judges `count` random addresses by the policy and by a table of its own, written from IANA's registries and compared as
 * numbers: half IPv4, half IPv6 of every form that holds IPv4, many of them at the edges of blocks.
 * @param onProgress called after every 10,000
 */
export function compareRandomAddresses(
  seed: number,
  count: number,
  onProgress: (done: number) => void = () => {},
): AddressComparison {
  const random = seededBits(seed);
  const pick = <T>(items: readonly T[]) => items[Number(random(32) % BigInt(items.length))];
  const ipv4 = () => {
    const block = pick(REFUSED_IPV4);
    return block !== undefined && random(1) === 0n ? nearBlock(block, 32, random) : random(32);
  };
  const ipv6Forms: readonly (() => bigint)[] = [
    () => random(128),
    () => GLOBAL_UNICAST[0] | random(125),
    () => nearBlock(pick([...REFUSED_IPV6, GLOBAL_UNICAST, SIX_TO_FOUR, NAT64, MAPPED]) ?? MAPPED, 128, random),
    () => MAPPED[0] | ipv4(),
    () => NAT64[0] | ipv4(),
    () => ipv4(),
    () => (0xffff0000n << 32n) | ipv4(),
    () => SIX_TO_FOUR[0] | (ipv4() << 80n) | random(80),
    () => GLOBAL_UNICAST[0] | (random(61) << 64n) | (random(1) << 57n) | (0x5efen << 32n) | ipv4(),
    () => ipv6Block([0x64, 0xff9b, 1, 0], 48)[0] | random(80),
    // Teredo (RFC 4380, 4): server, flags and port, and the client's address with every bit turned.
    () => ipv6Block([0x2001, 0, 0, 0], 32)[0] | (ipv4() << 64n) | (random(32) << 32n) | (ipv4() ^ 0xffffffffn),
    // 6rd (RFC 5969, 4): IPv4 behind a provider's own prefix, which is one like any other.
    () => ipv6Block([0x2a01, 0xe30, 0, 0], 28)[0] | (ipv4() << 68n) | random(68),
  ];
  const disagreements: string[] = [];
  let allowed = 0;
  for (let i = 0; i < count; i++) {
    const isIPv4 = i % 2 === 0;
    const value = isIPv4 ? ipv4() : (pick(ipv6Forms)?.() ?? 0n);
    const expected = isIPv4 ? tableAllowsIPv4(value) : tableAllowsIPv6(value);
    const text = isIPv4 ? ipv4Text(value) : ipv6Text(value);
    if (isPublicAddress(text) !== expected) disagreements.push(`${text} should be ${expected ? "public" : "refused"}`);
    if (expected) allowed++;
    if ((i + 1) % 10_000 === 0) onProgress(i + 1);
  }
  return { allowed, disagreements };
}
