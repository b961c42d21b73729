import assert from "node:assert/strict";
import { test } from "node:test";
import { allowanceAddress, clientAddress } from "../../src/http/client-address.ts";
import { parseProxyTrust } from "../../src/proxy-trust.ts";

function addressOf(peer: string | undefined, forwarded: string | undefined, trust: string): string {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  const incoming = { socket: { remoteAddress: peer }, headers } as unknown as Parameters<typeof clientAddress>[0];
  return clientAddress(incoming, parseProxyTrust(trust));
}

test("without trusted proxies the connection's own address counts, whatever the header says", () => {
  for (const trust of ["false", "0", ""]) assert.equal(addressOf("198.51.100.7", "1.2.3.4", trust), "198.51.100.7");
});

test("an IPv4-mapped IPv6 address is IPv4", () => {
  assert.equal(addressOf("::ffff:198.51.100.7", undefined, "false"), "198.51.100.7");
  assert.equal(addressOf("10.0.0.1", "::ffff:198.51.100.7", "1"), "198.51.100.7");
});

test("an IPv6 address is written in one way and without its zone", () => {
  assert.equal(addressOf("2001:0DB8:0:0:0:0:0:1", undefined, "false"), "2001:db8::1");
  assert.equal(addressOf("fe80::1%eth0", undefined, "false"), "fe80::1");
});

test("a connection that is gone has no address", () => {
  assert.equal(addressOf(undefined, "1.2.3.4", "1"), "");
});

test("a hop count skips that many proxies from the right and no more", () => {
  const forwarded = "6.6.6.6, 203.0.113.5, 10.0.0.2";
  assert.equal(addressOf("10.0.0.1", forwarded, "1"), "10.0.0.2");
  assert.equal(addressOf("10.0.0.1", forwarded, "2"), "203.0.113.5");
  assert.equal(addressOf("10.0.0.1", "203.0.113.5", "9"), "203.0.113.5");
});

test("trusted networks are skipped from the right up to the first address outside them", () => {
  const trust = "10.0.0.0/8, fd00::/8, 192.0.2.7";
  assert.equal(addressOf("10.0.0.1", "6.6.6.6, 203.0.113.5, fd00::9, 192.0.2.7", trust), "203.0.113.5");
  assert.equal(addressOf("::ffff:10.0.0.1", "203.0.113.5", trust), "203.0.113.5");
  assert.equal(addressOf("10.0.0.1", undefined, trust), "10.0.0.1");
});

test("a client outside the trusted networks can't name another address", () => {
  assert.equal(addressOf("198.51.100.7", "10.0.0.5, 1.2.3.4", "10.0.0.0/8"), "198.51.100.7");
  assert.equal(addressOf("192.0.2.8", "1.2.3.4", "192.0.2.7"), "192.0.2.8");
});

test("text that is no address ends the walk at the last hop vouched for", () => {
  for (const garbage of ["unknown", "", "_hidden", "1", "0x7f.0.0.1", "999.1.1.1", "1.2.3", "a b", "1.2.3.4/8"]) {
    assert.equal(addressOf("10.0.0.1", `6.6.6.6, ${garbage}, 10.0.0.2`, "10.0.0.0/8"), "10.0.0.2", garbage);
  }
});

test("a port behind a forwarded address is dropped", () => {
  assert.equal(addressOf("10.0.0.1", "203.0.113.5:4711", "1"), "203.0.113.5");
  assert.equal(addressOf("10.0.0.1", "[2001:db8::1]:4711", "1"), "2001:db8::1");
});

test("a setting that is neither false, a hop count nor networks is refused by name", () => {
  for (const setting of ["yes", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.1,,10.0.0.2", "300", "-1"]) {
    assert.throws(() => parseProxyTrust(setting), /TRUST_PROXY/, setting);
  }
});

test("an allowance counts IPv4 by address and IPv6 by its /64", () => {
  assert.equal(allowanceAddress("198.51.100.7"), "198.51.100.7");
  assert.equal(allowanceAddress("::ffff:198.51.100.7"), "198.51.100.7");
  assert.equal(allowanceAddress("2001:db8:1:2:aaaa:bbbb:cccc:dddd"), "2001:db8:1:2::/64");
  assert.equal(allowanceAddress("2001:db8:1:2::"), "2001:db8:1:2::/64");
  assert.equal(allowanceAddress("2001:db8::1"), "2001:db8::/64");
  assert.equal(allowanceAddress("::1"), "::/64");
});
