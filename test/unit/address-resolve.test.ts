import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { resolveByDns } from "../../src/image/address-resolve.ts";

const TYPE_A = 1;
const RCODE_SERVFAIL = 2;
const RCODE_NXDOMAIN = 3;

/** What the name server says to a question: a record's bytes, an RCODE, or nothing at all. */
type Reply = Uint8Array | number | "silence";

/** The answer packet to a query (RFC 1035, 4.1), its question repeated. */
function answerPacket(query: Buffer, reply: Uint8Array | number): Buffer {
  const questionEnd = query.indexOf(0, 12) + 5;
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180 | (typeof reply === "number" ? reply : 0), 2);
  header.writeUInt16BE(typeof reply === "number" ? 0 : 1, 6);
  header.writeUInt32BE(0, 8);
  const question = query.subarray(12, questionEnd);
  if (typeof reply === "number") return Buffer.concat([header, question]);
  const type = query.subarray(questionEnd - 4, questionEnd);
  const record = Buffer.from([0xc0, 12, ...type, 0, 0, 0, 0, 0, reply.length, ...reply]);
  return Buffer.concat([header, question, record]);
}

/** Runs `use` with a name server on the loopback that answers A and AAAA questions as told. */
async function withNameServer(
  a: Reply,
  aaaa: Reply,
  use: (server: string, asked: () => Promise<unknown>) => Promise<void>,
) {
  const server = createSocket("udp4", (query, peer) => {
    const reply = query.readUInt16BE(query.indexOf(0, 12) + 1) === TYPE_A ? a : aaaa;
    if (reply !== "silence") server.send(answerPacket(query, reply), peer.port, peer.address);
  });
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use(`127.0.0.1:${server.address().port}`, () => once(server, "message"));
  } finally {
    server.close();
  }
}

const IPV4 = Buffer.from([93, 184, 216, 34]);
const IPV6 = Buffer.from("26064700000000000000000000001111", "hex");
const NEVER = new AbortController().signal;

test("a name's addresses are those of both families", async () => {
  await withNameServer(IPV4, IPV6, async (server) => {
    assert.deepEqual(await resolveByDns("photos.test", NEVER, [server]), ["93.184.216.34", "2606:4700::1111"]);
  });
});

test("a family that fails leaves the other's addresses", async () => {
  await withNameServer(IPV4, RCODE_NXDOMAIN, async (server) => {
    assert.deepEqual(await resolveByDns("photos.test", NEVER, [server]), ["93.184.216.34"]);
  });
  await withNameServer(RCODE_NXDOMAIN, IPV6, async (server) => {
    assert.deepEqual(await resolveByDns("photos.test", NEVER, [server]), ["2606:4700::1111"]);
  });
});

test("a name without addresses rejects", async () => {
  for (const rcode of [RCODE_NXDOMAIN, RCODE_SERVFAIL]) {
    await withNameServer(rcode, rcode, (server) => assert.rejects(resolveByDns("gone.test", NEVER, [server])));
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
