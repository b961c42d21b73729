import assert from "node:assert/strict";
import { test } from "node:test";
import { isPublicAddress, isPublicHostName } from "../../src/image/address-policy.ts";
import { compareRandomAddresses, ipv4Text, REFUSED_IPV4, tableAllowsIPv4 } from "../support/address-table.ts";

/** A million take bench/faults/random-addresses.ts. */
const ADDRESSES = 200_000;
/** So that a disagreement can be looked at again. */
const SEED = 20_260_729;

test(`${ADDRESSES} random addresses are judged as an independent table of the IANA registries judges them`, () => {
  const { allowed, disagreements } = compareRandomAddresses(SEED, ADDRESSES);
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
