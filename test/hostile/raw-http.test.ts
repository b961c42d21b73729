import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { assertCleanError } from "../support/clean-error.ts";
import { exchange, readAnswers } from "../support/raw-exchange.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
let port: number;
before(async () => {
  service = await startService();
  port = Number(new URL(service.url).port);
});
after(() => service.close());

const CRLF = "\r\n";
const lines = (...all: string[]) => `${all.join(CRLF)}${CRLF}${CRLF}`;
const post = (...headers: string[]) => lines("POST /v1/hashes/check HTTP/1.1", "Host: x", ...headers);

/** Bytes that are no valid request, by what is wrong with them: the status and code of the answer. */
const REFUSED: readonly (readonly [string, string | Buffer, number, string])[] = [
  ["no HTTP at all", "hello?\r\n\r\n", 400, "request_malformed"],
  ["the start of a TLS connection", Buffer.from("16030100c8010000c40303", "hex"), 400, "request_malformed"],
  ["bytes of an image", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), 400, "request_malformed"],
  ["an unknown method", lines("PILLAGE / HTTP/1.1", "Host: x"), 400, "request_malformed"],
  ["another version", lines("GET / HTTP/7.3", "Host: x"), 400, "request_malformed"],
  ["the start of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "request_malformed"],
  ["a target with a blank", lines("GET /a b HTTP/1.1", "Host: x"), 400, "request_malformed"],
  ["a control character in the target", lines("GET /\x01 HTTP/1.1", "Host: x"), 400, "request_malformed"],
  ["a target that is a path of no URL", lines("GET *a HTTP/1.1", "Host: x"), 400, "request_malformed"],
  ["an absolute target that is no URL", lines("GET http:///// HTTP/1.1", "Host: x"), 400, "request_malformed"],
  ["a backslash in the path", lines("GET /a\\b HTTP/1.1", "Host: x"), 400, "request_malformed"],
  ["no Host", lines("GET /healthz HTTP/1.1"), 400, "request_malformed"],
  ["two Hosts", lines("GET /healthz HTTP/1.1", "Host: a", "Host: b"), 400, "request_malformed"],
  ["two Hosts in HTTP/1.0", lines("GET /healthz HTTP/1.0", "Host: a", "Host: b"), 400, "request_malformed"],
  ["a Host with a path", lines("GET /healthz HTTP/1.1", "Host: a/b"), 400, "request_malformed"],
  ["a Host with a user", lines("GET /healthz HTTP/1.1", "Host: a@b"), 400, "request_malformed"],
  ["a Host that is no name", lines("GET /healthz HTTP/1.1", "Host: [::"), 400, "request_malformed"],
  ["a header without a colon", lines("GET / HTTP/1.1", "Host: x", "nonsense"), 400, "request_malformed"],
  ["a header name with a blank", lines("GET / HTTP/1.1", "Host: x", "a b: c"), 400, "request_malformed"],
  ["a NUL in a header", lines("GET / HTTP/1.1", "Host: x", "a: b\0c"), 400, "request_malformed"],
  ["a folded header", lines("GET / HTTP/1.1", "Host: x", "a: b", " c"), 400, "request_malformed"],
  ["a bare CR between headers", lines("GET / HTTP/1.1", "Host: x\ra: b"), 400, "request_malformed"],
  ["a Content-Length that is no number", post("Content-Length: 1x"), 400, "request_malformed"],
  ["a negative Content-Length", post("Content-Length: -1"), 400, "request_malformed"],
  ["a Content-Length beyond 64 bits", post(`Content-Length: ${"9".repeat(30)}`), 400, "request_malformed"],
  ["two Content-Lengths", post("Content-Length: 1", "Content-Length: 2"), 400, "request_malformed"],
  ["two lengths in one header", post("Content-Length: 1, 1"), 400, "request_malformed"],
  ["Content-Length and chunks", post("Content-Length: 5", "Transfer-Encoding: chunked"), 400, "request_malformed"],
  ["chunks and Content-Length", post("Transfer-Encoding: chunked", "Content-Length: 5"), 400, "request_malformed"],
  ["an encoding that is not chunked", post("Transfer-Encoding: gzip"), 400, "request_malformed"],
  ["chunked but not last", post("Transfer-Encoding: chunked, gzip"), 400, "request_malformed"],
  ["a hidden Transfer-Encoding", post("Transfer-Encoding : chunked"), 400, "request_malformed"],
  ["a chunk without a size", `${post("Transfer-Encoding: chunked")}zz${CRLF}`, 400, "request_malformed"],
  ["a chunk longer than its size", `${post("Transfer-Encoding: chunked")}1${CRLF}abcdef`, 400, "request_malformed"],
  [
    "endless chunk extensions",
    `${post("Transfer-Encoding: chunked")}1;${"a".repeat(20_000)}${CRLF}`,
    431,
    "headers_too_large",
  ],
  ["a long header", lines("GET / HTTP/1.1", "Host: x", `a: ${"b".repeat(20_000)}`), 431, "headers_too_large"],
  [
    "many headers",
    lines("GET / HTTP/1.1", "Host: x", ...Array.from({ length: 3000 }, (_, n) => `h${n}: v`)),
    431,
    "headers_too_large",
  ],
  ["a long target", lines(`GET /${"a".repeat(20_000)} HTTP/1.1`, "Host: x"), 431, "headers_too_large"],
  ["a tunnel", lines("CONNECT inside:5432 HTTP/1.1", "Host: inside:5432"), 400, "request_malformed"],
  ["an asterisk", lines("OPTIONS * HTTP/1.1", "Host: x"), 400, "request_malformed"],
];

/** Unusual requests that are valid, and how they are answered. */
const ANSWERED: readonly (readonly [string, string, number])[] = [
  ["HTTP/1.0 without a Host", lines("GET /healthz HTTP/1.0"), 200],
  ["an absolute target", lines("GET http://example.org/healthz HTTP/1.1", "Host: x"), 200],
  ["a wish to upgrade", lines("GET /healthz HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket"), 200],
  ["an upgrade to HTTP/2", lines("GET /healthz HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: h2c"), 200],
  ["an expectation nobody knows", lines("GET /healthz HTTP/1.1", "Host: x", "Expect: miracles"), 200],
  ["a method of other protocols", lines("PROPFIND /healthz HTTP/1.1", "Host: x"), 405],
  ["a trace", lines("TRACE /healthz HTTP/1.1", "Host: x"), 405],
  ["a body that the client is told to send", `${post("Expect: 100-continue", "Content-Length: 1")}{`, 415],
  ["a client that lets go of its request", post("Content-Length: 0", "Connection: close"), 400],
];

describe("what is no HTTP request", () => {
  for (const [name, bytes, status, code] of REFUSED) {
    it(`is ${status} ${code}, and the connection ends: ${name}`, async () => {
      const [answer, ...others] = await exchange(port, bytes, 2);
      assert.ok(answer !== undefined, "no answer");
      assert.equal(others.length, 0, "an answer for what was no request");
      assertCleanError(answer, answer.body);
      assert.deepEqual([answer.status, JSON.parse(answer.body).code], [status, code], answer.body);
      assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
      assert.equal(JSON.parse(answer.body).instance, answer.headers.get("x-request-id"));
    });
  }

  it("leaves the service answering others", async () => {
    assert.equal((await service.request("/healthz")).status, 200);
  });
});

describe("an unusual request", () => {
  for (const [name, bytes, status] of ANSWERED) {
    it(`is answered with ${status}: ${name}`, async () => {
      const [answer] = await exchange(port, bytes);
      assert.ok(answer !== undefined, "no answer");
      assert.equal(answer.status, status, answer.body);
      if (status >= 400) assertCleanError(answer, answer.body);
    });
  }

  it("behind another on one connection is answered in its turn; what is hidden in a body is none", async () => {
    const hidden = lines("GET /smuggled HTTP/1.1", "Host: x");
    const outer = post("Content-Type: application/json", `Content-Length: ${hidden.length}`) + hidden;
    const answers = await exchange(port, outer + lines("GET /healthz HTTP/1.1", "Host: x"), 2);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [400, 200],
    );
  });
});

describe("a slow client", () => {
  it("whose headers take over 10 seconds is 408 request_timeout; 500 of them keep nobody from being served", async (t) => {
    const sockets = await Promise.all(Array.from({ length: 500 }, () => openDribbler()));
    const dribble = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write("a");
    }, 200);
    t.after(() => {
      clearInterval(dribble);
      for (const socket of sockets) socket.destroy();
    });
    const answered = Promise.all(sockets.map((socket) => readAnswers(socket, 1)));
    for (let served = 0; served < 5; served++) assert.equal((await service.request("/v1/quota")).status, 200);
    for (const [answer] of await answered) {
      assert.ok(answer !== undefined, "closed without a word");
      assertCleanError(answer, answer.body);
      assert.equal(answer.status, 408);
    }
  });
});

async function openDribbler(): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  return socket;
}
