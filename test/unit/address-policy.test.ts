import assert from "node:assert/strict";
import { test } from "node:test";
import { isPublicAddress, isPublicHostName } from "../../src/image/address-policy.ts";

const ADDRESSES = 200_000;

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

/** IANA IPv4 Special-Purpose Address Registry, multicast (RFC 5771), and Azure's WireServer. */
const REFUSED_IPV4 = ipv4Blocks(
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

function tableAllowsIPv4(value: bigint): boolean {
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

function ipv4Text(value: bigint): string {
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

test(`${ADDRESSES} random addresses are judged as an independent table of the IANA registries judges them`, () => {
  const random = seededBits(20_260_729);
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
    () => ipv6Block([0x2001, 0, 0, 0], 32)[0] | random(96),
  ];
  const disagreements: string[] = [];
  let allowed = 0;
  for (let i = 0; i < ADDRESSES; i++) {
    const isIPv4 = i % 2 === 0;
    const value = isIPv4 ? ipv4() : (pick(ipv6Forms)?.() ?? 0n);
    const expected = isIPv4 ? tableAllowsIPv4(value) : tableAllowsIPv6(value);
    const text = isIPv4 ? ipv4Text(value) : ipv6Text(value);
    if (isPublicAddress(text) !== expected) disagreements.push(`${text} should be ${expected ? "public" : "refused"}`);
    if (expected) allowed++;
  }
  assert.deepEqual(disagreements.slice(0, 10), []);
  assert.ok(allowed > ADDRESSES / 5 && allowed < (ADDRESSES * 4) / 5, `${allowed} allowed: the sample is one-sided`);
});

test("both ends of every refused IPv4 block are refused and their outer neighbours judged by the table", () => {
  for (const [first, length] of REFUSED_IPV4) {
    const end = first + (1n << BigInt(32 - length));
    assert.equal(isPublicAddress(ipv4Text(first)), false, ipv4Text(first));
    assert.equal(isPublicAddress(ipv4Text(end - 1n)), false, ipv4Text(end - 1n));
    for (const outside of [first - 1n, end].filter((value) => value >= 0n && value < 1n << 32n)) {
      assert.equal(isPublicAddress(ipv4Text(outside)), tableAllowsIPv4(outside), ipv4Text(outside));
    }
  }
});

test("an inside IPv4 address is refused in every IPv6 form that can hold it", () => {
  const forms = [
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::ffff:0:a9fe:a9fe",
    "::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1:a9fe:a9:fe00::",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:5601:5601",
    "2606:4700::5efe:a9fe:a9fe",
    "2606:4700::200:5efe:a9fe:a9fe",
    "fe80::5efe:a9fe:a9fe",
  ];
  assert.deepEqual(
    forms.filter((form) => isPublicAddress(form)),
    [],
  );
});

test("a public IPv4 address is allowed in the IPv6 forms that reach the public network", () => {
  const forms = ["::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2606:4700::5efe:808:808"];
  assert.deepEqual(
    forms.filter((form) => !isPublicAddress(form)),
    [],
  );
});

test("text that isn't a plain numeric address is refused", () => {
  for (const text of [
    "",
    "example.com",
    "010.8.8.8",
    "8.8.2056",
    "0x08.8.8.8",
    "2606:4700::1%eth0",
    "[2606:4700::1]",
  ]) {
    assert.equal(isPublicAddress(text), false, text);
  }
});

test("names that belong to the machine or its network are refused, look-alikes of public domains are not", () => {
  const inside = [
    "localhost",
    "metadata",
    "a.localhost",
    "localhost.localdomain",
    "db.local",
    "metadata.google.internal",
  ];
  assert.deepEqual(
    [...inside, "kubernetes.default.svc", "nas.home.arpa", "printer.lan", "x.onion"].filter(isPublicHostName),
    [],
  );
  const outside = ["example.com", "localhost.example.com", "notlocal.net", "mylocalhost.de", "svc.io"];
  assert.deepEqual(
    outside.filter((name) => !isPublicHostName(name)),
    [],
  );
});
