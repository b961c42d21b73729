import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, it, mock } from "node:test";
import { heldBodyBytes } from "../../src/http/body-budget.ts";
import { flatPicture } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

const MIB = 1024 * 1024;
const BODY_BYTES = 19 * MIB;
/** 16 of these bodies are 304 MiB; 13 fit into 256 MiB. */
const SOCKETS = 16;
const FITTING = 13;

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

const unfinished = Buffer.alloc(BODY_BYTES - 1, 1);

/** Sends all of a body but its last byte, and gives what comes back for it. */
function upload(onAnswer: (answer: string) => void): Socket {
  const socket = connect(Number(new URL(service.url).port), "127.0.0.1", () => {
    const head = `Host: x\r\nContent-Type: image/png\r\nContent-Length: ${BODY_BYTES}`;
    socket.write(`POST /v1/images/check HTTP/1.1\r\n${head}\r\n\r\n`);
    socket.write(unfinished);
  });
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk.toString("latin1");
    if (answer.includes("}")) onAnswer(answer);
  });
  socket.on("error", () => {});
  return socket;
}

describe("bodies", () => {
  it("together take at most 256 MiB: what is beyond is 503 overloaded, until others end", async () => {
    // However long it takes here: no body is late.
    const begunMs = performance.now();
    const clock = mock.method(performance, "now", () => begunMs);
    const sockets: Socket[] = [];
    const answers: string[] = [];
    await new Promise<void>((resolve) => {
      for (let index = 0; index < SOCKETS; index++) {
        const socket = upload((answer) => {
          answers.push(answer);
          socket.destroy();
          if (answers.length === SOCKETS - FITTING) resolve();
        });
        sockets.push(socket);
      }
    });
    clock.mock.restore();
    for (const answer of answers) {
      assert.match(answer, /^HTTP\/1\.1 503 /);
      assert.match(answer, /\r\nretry-after: \d+\r\n/i);
      assert.match(answer, /"code":"overloaded"/);
    }
    assert.ok(heldBodyBytes() > 0 && heldBodyBytes() <= 256 * MIB, `${heldBodyBytes()} bytes`);
    const open = sockets.filter((socket) => !socket.destroyed);
    assert.equal(open.length, FITTING);
    for (const socket of open) {
      socket.destroy();
      await once(socket, "close");
    }
    // Any answer means that the server's loop has turned; it has to see every socket end.
    for (let look = 0; heldBodyBytes() > 0 && look < 500; look++) await ask(service, "GET", "/healthz");
    assert.equal(heldBodyBytes(), 0);
    assert.equal((await check(service, await flatPicture("#445566"))).status, 200);
    assert.equal(heldBodyBytes(), 0);
  });

  it("that take over 10 s on their way make room for those who wait, the oldest first", async () => {
    const cut: string[] = [];
    const told = new EventEmitter();
    const sockets = Array.from({ length: FITTING }, () =>
      upload((answer) => {
        cut.push(answer);
        told.emit("answer");
      }),
    );
    for (let look = 0; heldBodyBytes() < FITTING * (BODY_BYTES - 1) && look < 5000; look++) {
      await ask(service, "GET", "/healthz");
    }
    const now = performance.now.bind(performance);
    const clock = mock.method(performance, "now", () => now() + 10_001);
    const answered = once(told, "answer");
    const late = upload(() => {});
    await answered;
    clock.mock.restore();
    assert.equal(cut.length, 1);
    assert.match(cut[0] ?? "", /^HTTP\/1\.1 408 [\s\S]+"code":"request_timeout"/);
    for (const socket of [...sockets, late]) socket.destroy();
    for (let look = 0; heldBodyBytes() > 0 && look < 500; look++) await ask(service, "GET", "/healthz");
    assert.equal(heldBodyBytes(), 0);
  });

  it("of JSON routes take at most 1 MiB, whatever the content type", async () => {
    const long = Buffer.alloc(MIB + 1, "a");
    for (const [method, path] of [
      ["POST", "/v1/keys"],
      ["POST", "/v1/keys/key_none/rotate"],
      ["PATCH", "/v1/keys/key_none"],
      ["POST", "/v1/lists"],
      ["PATCH", "/v1/lists/none"],
      ["PATCH", "/v1/lists/none/entries/ent_1"],
      ["POST", "/v1/hashes/check"],
    ] as const) {
      for (const type of ["application/json", "image/png", "multipart/form-data; boundary=x"]) {
        const { status, body } = await ask(service, method, path, { body: long, headers: { "content-type": type } });
        assert.deepEqual([status, body.code], [413, "body_too_large"], `${method} ${path} ${type}`);
      }
      const { status, body } = await ask(service, method, path, { body: Buffer.from("a") });
      assert.deepEqual([status, body.code], [415, "content_type_unsupported"], `${method} ${path}`);
    }
  });

  it("are not read before the scope is known", async () => {
    for (const [method, path] of [
      ["POST", "/v1/keys"],
      ["POST", "/v1/keys/key_none/rotate"],
      ["POST", "/v1/lists"],
      ["PATCH", "/v1/lists/none"],
      ["POST", "/v1/lists/none/entries"],
    ] as const) {
      const { status, body } = await ask(service, method, path, { key: null, body: "{" });
      assert.deepEqual([status, body.code], [401, "credentials_missing"], `${method} ${path}`);
    }
  });
});
