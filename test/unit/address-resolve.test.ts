import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveByDns } from "../../src/image/address-resolve.ts";
import { type NameAnswer, RCODE_NXDOMAIN, RCODE_SERVFAIL, startNameServer } from "../support/name-server.ts";

/** Runs `use` with a name server on the loopback that answers A and AAAA questions as told. */
async function withNameServer(
  a: NameAnswer,
  aaaa: NameAnswer,
  use: (server: string, asked: () => Promise<unknown>) => Promise<void>,
) {
  const server = await startNameServer((_, kind) => (kind === "A" ? a : aaaa));
  try {
    await use(server.address, server.asked);
  } finally {
    server.close();
  }
}

const IPV4 = { addresses: ["93.184.216.34"] };
const IPV6 = { addresses: ["2606:4700:0:0:0:0:0:1111"] };
const NONE = { rcode: RCODE_NXDOMAIN };
const NEVER = new AbortController().signal;

test("a name's addresses are those of both families", async () => {
  await withNameServer(IPV4, IPV6, async (server) => {
    assert.deepEqual(await resolveByDns("photos.test", NEVER, [server]), ["93.184.216.34", "2606:4700::1111"]);
  });
});

test("a family that fails leaves the other's addresses", async () => {
  await withNameServer(IPV4, NONE, async (server) => {
    assert.deepEqual(await resolveByDns("photos.test", NEVER, [server]), ["93.184.216.34"]);
  });
  await withNameServer(NONE, IPV6, async (server) => {
    assert.deepEqual(await resolveByDns("photos.test", NEVER, [server]), ["2606:4700::1111"]);
  });
});

test("a name without addresses rejects", async () => {
  for (const rcode of [RCODE_NXDOMAIN, RCODE_SERVFAIL]) {
    await withNameServer({ rcode }, { rcode }, (server) => assert.rejects(resolveByDns("gone.test", NEVER, [server])));
  }
});

test("a silent name server is given up when the signal aborts", async () => {
  await withNameServer("silence", "silence", async (server, asked) => {
    const abort = new AbortController();
    const addresses = resolveByDns("slow.test", abort.signal, [server]);
    const rejected = assert.rejects(addresses, { code: "ECANCELLED" });
    await asked();
    abort.abort();
    await rejected;
  });
});

test("a name that is another's alias has that one's addresses", async () => {
  const alias = { ...IPV4, canonicalName: "cdn.test" };
  await withNameServer(alias, NONE, async (server) => {
    assert.deepEqual(await resolveByDns("photos.test", NEVER, [server]), ["93.184.216.34"]);
  });
});
