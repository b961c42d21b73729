import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { fetchImage } from "../../src/image/fetch-image.ts";
import { fetchFailure, LOCAL_FETCH } from "../support/fetch-failure.ts";
import { httpAnswer, withImageOrigin } from "../support/image-origin.ts";

/** Deadline of the tests that wait for it, in milliseconds. */
const SHORT_MS = 300;

/** Writes `piece` again and again for as long as the other side listens. */
function dribble(socket: Socket, piece: string): void {
  const timer = setInterval(() => socket.write(piece), 5);
  socket.on("close", () => clearInterval(timer));
}

const SLOW_ORIGINS: Readonly<Record<string, (socket: Socket) => void>> = {
  "never answers": () => {},
  "dribbles its headers": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nX-Slow: ");
    dribble(socket, "x");
  },
  "dribbles its body": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    dribble(socket, "x");
  },
  "stops in the middle of its body": (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
};
for (const [title, behave] of Object.entries(SLOW_ORIGINS)) {
  test(`an origin that ${title} is dropped at the deadline`, async () => {
    await withImageOrigin(
      (_, socket) => behave(socket),
      async (base) => {
        const error = await fetchFailure(base, { ...LOCAL_FETCH, timeoutMs: SHORT_MS }, "url_unreachable");
        assert.match(error.message, /within 300 ms/);
      },
    );
  });
}

test("redirects share one deadline", async () => {
  await withImageOrigin(
    (path, socket) => {
      const answer = httpAnswer(302, [`Location: ${path}x`]);
      const timer = setTimeout(() => socket.end(answer), SHORT_MS / 3);
      socket.on("close", () => clearTimeout(timer));
    },
    async (base) => {
      const error = await fetchFailure(
        base,
        { ...LOCAL_FETCH, timeoutMs: SHORT_MS, maxRedirects: 1000 },
        "url_unreachable",
      );
      assert.match(error.message, /within 300 ms/);
    },
  );
});

test("a resolver that hangs ends at the deadline", async () => {
  const resolve = () => new Promise<readonly string[]>(() => {});
  const error = await fetchFailure(
    "http://slow.test/",
    { ...LOCAL_FETCH, resolve, timeoutMs: SHORT_MS },
    "url_unreachable",
  );
  assert.match(error.message, /within 300 ms/);
});

for (const status of [200, 204, 206, 100, 101, 304, 400, 401, 404, 429, 500, 503]) {
  const isRefused = status < 200 || status > 299;
  test(`status ${status} is ${isRefused ? "refused without a word of its body" : "taken"}`, async () => {
    await withImageOrigin(
      (_, socket) => socket.end(httpAnswer(status, ["Upgrade: x", "Connection: Upgrade"], "inside secret")),
      async (base) => {
        if (!isRefused) return assert.ok((await fetchImage(base, LOCAL_FETCH)).bytes.length >= 0);
        const error = await fetchFailure(base, LOCAL_FETCH, "url_unreachable");
        assert.doesNotMatch(error.message, /secret|127\.0\.0\.1/);
      },
    );
  });
}

const BROKEN_ORIGINS: Readonly<Record<string, (socket: Socket) => void>> = {
  "resets in the middle of its body": (socket) =>
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", () =>
      setImmediate(() => socket.resetAndDestroy()),
    ),
  "ends before its announced length": (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
  "ends before its last chunk": (socket) =>
    socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
  "hangs up without an answer": (socket) => socket.end(),
  "speaks another protocol": (socket) => socket.end("-ERR unknown command 'GET'\r\n"),
  "sends a thousand headers": (socket) =>
    socket.end(
      httpAnswer(
        200,
        Array.from({ length: 1000 }, (_, i) => `X-${i}: a`),
        "picture",
      ),
    ),
  "sends a header of 64 KiB": (socket) => socket.end(httpAnswer(200, [`X-Long: ${"a".repeat(65_536)}`], "picture")),
  "announces two lengths": (socket) =>
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
  "redirects to nowhere": (socket) => socket.end(httpAnswer(302, [])),
};
for (const [title, behave] of Object.entries(BROKEN_ORIGINS)) {
  test(`an origin that ${title} is unreachable`, async () => {
    await withImageOrigin(
      (_, socket) => behave(socket),
      async (base) => {
        const error = await fetchFailure(base, LOCAL_FETCH, "url_unreachable");
        assert.doesNotMatch(error.message, /ERR|half|127\.0\.0\.1|ECONN|HPE/);
      },
    );
  });
}

test("an origin that resets a body without a length is unreachable", async () => {
  let reset = () => {};
  await withImageOrigin(
    (_, socket) => {
      reset = () => socket.resetAndDestroy();
      socket.write("HTTP/1.1 200 OK\r\n\r\nhalf");
    },
    // A reset that arrives together with bytes reads as a plain end in libuv, so it waits for them to be read.
    (base) => fetchFailure(base, { ...LOCAL_FETCH, onChunk: () => reset() }, "url_unreachable").then(() => {}),
  );
});
