import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";

/** RFC 1035, 3.2.2 and RFC 3596, 2.1. */
const TYPES = { A: 1, CNAME: 5, AAAA: 28 } as const;

export const RCODE_SERVFAIL = 2;
export const RCODE_NXDOMAIN = 3;

export type QuestionKind = "A" | "AAAA";

/**
 * What is said to a question: the addresses of that kind, behind a CNAME where one is named; an RCODE; or nothing at all.
 * Every record has a TTL of 0.
 */
export type NameAnswer =
  | { readonly addresses: readonly string[]; readonly canonicalName?: string }
  | { readonly rcode: number }
  | "silence";

/** A name server on a UDP port of the loopback. */
export interface NameServer {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** Resolves at the next question. */
  asked(): Promise<unknown>;
  close(): void;
}

/** Starts a name server; `answer` gets the name of each question, in lower case, and its kind. */
export async function startNameServer(answer: (name: string, kind: QuestionKind) => NameAnswer): Promise<NameServer> {
  const socket = createSocket("udp4", (query, peer) => {
    const { name, type, end } = readQuestion(query);
    const reply = answer(name, type === TYPES.A ? "A" : "AAAA");
    if (reply !== "silence") socket.send(answerPacket(query.subarray(0, end), type, reply), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked: () => once(socket, "message"),
    close: () => socket.close(),
  };
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** The answer packet to a header and question (RFC 1035, 4.1). */
function answerPacket(question: Buffer, type: number, reply: Exclude<NameAnswer, "silence">): Buffer {
  const records = "rcode" in reply ? [] : recordsOf(type, reply);
  const packet = Buffer.from(question);
  packet.writeUInt16BE(0x8180 | ("rcode" in reply ? reply.rcode : 0), 2);
  packet.writeUInt16BE(records.length, 6);
  packet.writeUInt32BE(0, 8);
  return Buffer.concat([packet, ...records]);
}

function recordsOf(type: number, { addresses, canonicalName }: Extract<NameAnswer, { addresses: unknown }>): Buffer[] {
  // Points to the question's name.
  const asked = Buffer.from([0xc0, 12]);
  if (canonicalName === undefined) return addresses.map((address) => record(asked, type, addressBytes(address)));
  const canonical = encodedName(canonicalName);
  return [
    record(asked, TYPES.CNAME, canonical),
    ...addresses.map((address) => record(canonical, type, addressBytes(address))),
  ];
}

function record(name: Buffer, type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([name, head, data]);
}

function encodedName(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

/** 4 bytes, or the 16 of an IPv6 address written with all its eight groups. */
function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split(".").map(Number));
  return Buffer.from(
    address
      .split(":")
      .map((group) => group.padStart(4, "0"))
      .join(""),
    "hex",
  );
}
