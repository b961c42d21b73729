import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { heldBodyBytes } from "../../src/http/body-budget.ts";
import type { DiscardBounds } from "../../src/http/discard-rest.ts";
import { readOnAfterAnswer } from "../../src/http/read-on.ts";
import { readAnswers } from "../support/raw-exchange.ts";
import { startService, type TestService } from "../support/service.ts";
import { VENDOR_CALLS } from "../support/vendor-calls.ts";

const MIB = 2 ** 20;
const HALF = Buffer.alloc(MIB + MIB / 2, 1);
/** These answer once all has come, since their clients take anything sooner for a failure. */
const ANSWER_LAST = ["/pict-rs/validate", "/1.0/check.json"];

const PATHS = ["/v1/images/check", "/v1/lists", "/nowhere", ...VENDOR_CALLS.map(({ path }) => path)];

let service: TestService;
let port: number;
before(async () => {
  service = await startService();
  port = Number(new URL(service.url).port);
});
after(() => service.close());

/** Refused before a byte of it is read, by every surface: the key is wrong, and no body is taken compressed. */
function head(path: string, ...headers: string[]): string {
  const all = ["Host: x", "Authorization: Bearer wrong", "Content-Encoding: gzip", "Content-Type: application/json"];
  return [`POST ${path} HTTP/1.1`, ...all, ...headers, "\r\n"].join("\r\n");
}

function open(to: number): { socket: Socket; errors: Error[] } {
  const errors: Error[] = [];
  const socket = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", (error) => errors.push(error));
  return { socket, errors };
}

function write(socket: Socket, bytes: Buffer | string): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}

describe("a refused upload whose sender takes a while", () => {
  for (const path of PATHS) {
    it(`is read on, and its connection serves the next request: ${path}`, { timeout: 20_000 }, async (t) => {
      t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
      const { socket, errors } = open(port);
      const answered = readAnswers(socket, 1);
      await write(socket, head(path, `Content-Length: ${2 * HALF.length}`));
      await write(socket, HALF);
      if (!ANSWER_LAST.includes(path)) await answered;
      for (let second = 0; second < 4; second++) t.mock.timers.tick(1_000);
      await write(socket, HALF);
      const [answer] = await answered;
      assert.ok(answer !== undefined, "no answer");
      const next = readAnswers(socket, 1);
      await write(socket, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
      assert.equal((await next)[0]?.status, 200);
      assert.deepEqual(errors, []);
      socket.destroy();
      // What the service set meanwhile would never come.
      t.mock.timers.tick(1_000);
    });
  }

  it("gets the answer and then the end, no reset, where it asked for the connection to be closed", async () => {
    const { socket, errors } = open(port);
    const ended = once(socket, "end");
    const answered = readAnswers(socket, 1);
    await write(socket, head("/v1/images/check", "Connection: close", `Content-Length: ${2 * HALF.length}`));
    const [answer] = await answered;
    assert.deepEqual([answer?.status, answer?.headers.get("connection")], [401, "close"]);
    await ended;
    await write(socket, HALF);
    await write(socket, HALF);
    socket.end();
    await once(socket, "close");
    assert.deepEqual(errors, []);
  });

  it("gets one answer, and the end, where what it goes on with is no body", { timeout: 20_000 }, async () => {
    const socket = connect(port, "127.0.0.1");
    const all = readAnswers(socket, 2);
    const answered = readAnswers(socket, 1);
    await write(socket, head("/v1/images/check", "Transfer-Encoding: chunked"));
    await answered;
    await write(socket, "no chunk\r\n");
    assert.deepEqual(
      (await all).map(({ status }) => status),
      [401],
    );
  });

  it("holds nothing of the room for bodies, answered or not", async () => {
    for (const path of ["/v1/images/check", "/pict-rs/validate", "/1.0/check.json?api_user=a&api_secret=b"]) {
      const { socket } = open(port);
      const chunk = Buffer.concat([
        Buffer.from(`${(21 * MIB).toString(16)}\r\n`),
        Buffer.alloc(21 * MIB),
        Buffer.from("\r\n"),
      ]);
      const type = path.startsWith("/1.0") ? "multipart/form-data; boundary=x" : "image/png";
      const headers = `Host: x\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked`;
      await write(socket, `POST ${path} HTTP/1.1\r\n${headers}\r\n\r\n`);
      await write(socket, chunk);
      for (let look = 0; heldBodyBytes() > 0 && look < 500; look++) await service.request("/healthz");
      assert.equal(heldBodyBytes(), 0, path);
      assert.ok(!socket.destroyed, path);
      socket.destroy();
    }
  });

  it("gives way where connections are short", async () => {
    const { databaseUrl } = service;
    const few = await startService({
      databaseUrl,
      workers: service.context.workers,
      config: { maxConnections: 4 },
    });
    const to = Number(new URL(few.url).port);
    const senders: Socket[] = [];
    for (let index = 0; index < 4; index++) {
      const { socket } = open(to);
      const answered = readAnswers(socket, 1);
      await write(socket, head("/v1/images/check", `Content-Length: ${HALF.length}`));
      assert.equal((await answered)[0]?.status, 401);
      senders.push(socket);
    }
    const { socket } = open(to);
    const answered = readAnswers(socket, 1);
    await write(socket, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal((await answered)[0]?.status, 200);
    for (const each of [...senders, socket]) each.destroy();
    await few.close();
  });
});

describe("what is read on", () => {
  let server: Server;
  let read: Promise<number>;

  /** A server that answers at once and reads on within these bounds; `read` is what it took of the first connection. */
  async function serve(bounds: DiscardBounds): Promise<Socket> {
    server = createServer((incoming, outgoing) => {
      readOnAfterAnswer(incoming, outgoing, bounds);
      outgoing.end("no");
    });
    read = new Promise((resolve) =>
      server.once("connection", (socket: Socket) => socket.once("close", () => resolve(socket.bytesRead))),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { socket } = open((server.address() as AddressInfo).port);
    const answered = readAnswers(socket, 1);
    await write(socket, `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${1024 * MIB}\r\n\r\n`);
    await answered;
    return socket;
  }

  /** Sends on and on, until the connection is closed. */
  async function send(socket: Socket, bytes: Buffer): Promise<void> {
    while (!socket.destroyed) {
      if (!socket.writableNeedDrain) socket.write(bytes);
      await setImmediate();
    }
  }

  it("ends where nothing comes any more", async () => {
    await serve({ lookEveryMs: 20, looks: 1_000_000, maxBytes: MIB });
    assert.ok((await read) < MIB);
    server.close();
  });

  it("ends after a time, however steadily something comes", async () => {
    const socket = await serve({ lookEveryMs: 20, looks: 4, maxBytes: 1024 * MIB });
    await send(socket, Buffer.from("a"));
    assert.ok((await read) < 1024 * MIB);
    server.close();
  });

  it("ends after so many bytes, however fast they come", async () => {
    const socket = await serve({ lookEveryMs: 600_000, looks: 1, maxBytes: 8 * MIB });
    await send(socket, Buffer.alloc(MIB));
    const taken = await read;
    assert.ok(taken > 8 * MIB && taken < 32 * MIB, `${taken} bytes`);
    server.close();
  });
});
