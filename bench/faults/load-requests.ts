import { randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";
import { rawRequest } from "../http/load.ts";
import { BENCH_KEY } from "../http/servers.ts";

export type LoadKind = "new images" | "repeats" | "look-ups";

/** Requests of one kind, made ahead. */
export interface RequestSupply {
  /** Makes requests until so many are there, since making one takes as long as answering it. */
  prepare(count: number): void;
  next(): Buffer;
  /** Takes a request back that had no effect, to be sent again. */
  giveBack(request: Buffer): void;
}

const SIDE = 192;
/** Cells of the random pattern that makes one picture unlike another, along a side. */
const CELLS = 12;
const KNOWN_IMAGES = 32;
const AUTHORIZATION = { Authorization: `Bearer ${BENCH_KEY}` };

/** @param bodyBytes of each image: what a decoder passes over behind a picture's end makes it as large */
export function createSupply(kind: LoadKind, bodyBytes: number): RequestSupply {
  const filler = randomBytes(bodyBytes);
  const known = Array.from({ length: KNOWN_IMAGES }, (_, index) => upload(picture(seeded(index)), filler));
  const fresh: Buffer[] = [];
  const make = {
    "new images": () => fresh.pop() ?? upload(picture(Math.random), filler),
    repeats: () => known[Math.floor(Math.random() * known.length)] as Buffer,
    "look-ups": () => rawRequest("GET", `/v1/hashes/sha1/${randomBytes(20).toString("hex")}`, AUTHORIZATION),
  }[kind];
  return {
    prepare(count) {
      while (kind === "new images" && fresh.length < count) fresh.push(upload(picture(Math.random), filler));
    },
    next: make,
    giveBack(request) {
      if (kind === "new images") fresh.push(request);
    },
  };
}

function upload(image: Buffer, filler: Buffer): Buffer {
  const body = Buffer.concat([image, filler.subarray(0, Math.max(0, filler.length - image.length))]);
  const headers = { ...AUTHORIZATION, "Content-Type": "application/octet-stream" };
  return rawRequest("POST", "/v1/images/check", headers, body);
}

/** A grey PNG with a pattern of its own: noise in cells, smoothed in between. */
export function picture(random: () => number): Buffer {
  const cells = Array.from({ length: (CELLS + 1) ** 2 }, () => random() * 255);
  const cell = (x: number, y: number) => cells[y * (CELLS + 1) + x] as number;
  const raw = Buffer.alloc(SIDE * (SIDE + 1));
  for (let y = 0; y < SIDE; y++) {
    const v = (y * CELLS) / SIDE;
    const top = Math.floor(v);
    for (let x = 0; x < SIDE; x++) {
      const u = (x * CELLS) / SIDE;
      const left = Math.floor(u);
      const upper = cell(left, top) * (left + 1 - u) + cell(left + 1, top) * (u - left);
      const lower = cell(left, top + 1) * (left + 1 - u) + cell(left + 1, top + 1) * (u - left);
      raw[y * (SIDE + 1) + x + 1] = upper * (top + 1 - v) + lower * (v - top);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header[8] = 8;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(raw, { level: 1 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8 + body.length);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), 4 + body.length);
  return frame;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 255] as number);
  return (crc ^ 0xffffffff) >>> 0;
}

/** Numbers in 0..1 that a seed fixes. */
function seeded(seed: number): () => number {
  let state = seed * 7919 + 1;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}
