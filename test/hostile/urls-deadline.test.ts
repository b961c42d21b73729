import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, Socket } from "node:net";
import { test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { resolveByDns } from "../../src/image/address-resolve.ts";
import type { FetchImageOptions } from "../../src/image/fetch-image.ts";
import { fetchFailure, LOCAL_FETCH } from "../support/fetch-failure.ts";
import { listenOnLoopback } from "../support/image-origin.ts";
import { startNameServer } from "../support/name-server.ts";
import { selfSignedCertificate } from "../support/self-signed.ts";

/** The whole deadline here; every wait below would be endless without it. */
const SHORT: FetchImageOptions = { ...LOCAL_FETCH, timeoutMs: 400 };

async function assertDropped(url: string, options: FetchImageOptions): Promise<void> {
  const error = await fetchFailure(url, options, "url_unreachable");
  assert.match(error.message, /within 400 ms/);
}

test("a server that never says a word of TLS is dropped at the deadline", async () => {
  const server = await listenOnLoopback((socket) => socket.resume());
  try {
    await assertDropped(`https://127.0.0.1:${server.port}/`, SHORT);
    await server.drained();
    assert.equal(server.connections(), 1);
  } finally {
    await server.close();
  }
});

test("a TLS handshake of a byte now and then is dropped at the deadline", async () => {
  const secured = createTlsServer(selfSignedCertificate("photos.test"), () => assert.fail("the handshake ended"));
  secured.on("tlsClientError", () => {});
  secured.listen(0, "127.0.0.1");
  await once(secured, "listening");
  const { port } = secured.address() as AddressInfo;
  // Hands on the real server's handshake, a byte at a time.
  const slow = await listenOnLoopback((socket) => {
    const real = connect(port, "127.0.0.1");
    let waiting = Buffer.alloc(0);
    real.on("data", (bytes) => {
      waiting = Buffer.concat([waiting, bytes]);
    });
    real.on("error", () => {});
    socket.on("data", (bytes) => real.write(bytes));
    const timer = setInterval(() => {
      if (waiting.length === 0) return;
      socket.write(waiting.subarray(0, 1));
      waiting = waiting.subarray(1);
    }, 5);
    socket.on("close", () => {
      clearInterval(timer);
      real.destroy();
    });
  });
  try {
    await assertDropped(`https://127.0.0.1:${slow.port}/`, SHORT);
    await slow.drained();
  } finally {
    await slow.close();
    await new Promise((resolve) => secured.close(resolve));
  }
});

test("an address that never answers is dropped at the deadline, and its socket closed", async () => {
  const sockets: Socket[] = [];
  const dial = () => {
    // Like one whose packets are lost: it neither connects nor fails.
    const socket = new Socket();
    sockets.push(socket);
    return socket;
  };
  await assertDropped("http://127.0.0.1/", { ...SHORT, dial });
  assert.deepEqual(
    sockets.map((socket) => socket.destroyed),
    [true],
  );
});

test("a name server that never answers is given up at the deadline", async () => {
  const server = await startNameServer(() => "silence");
  try {
    await assertDropped("http://slow.test/", {
      ...SHORT,
      allowPrivateUrls: false,
      resolve: (name, signal) => resolveByDns(name, signal, [server.address]),
    });
  } finally {
    server.close();
  }
});

test("a name server that is slow for each of many redirects doesn't get a deadline for each", async () => {
  const server = await listenOnLoopback((socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"));
  });
  try {
    let lookUps = 0;
    const resolve = () => {
      lookUps++;
      return new Promise<readonly string[]>((done) => setTimeout(done, SHORT.timeoutMs / 4, ["127.0.0.1"]));
    };
    await assertDropped(`http://slow.test:${server.port}/`, { ...SHORT, maxRedirects: 1000, resolve });
    assert.ok(lookUps <= 5, `${lookUps} look-ups`);
  } finally {
    await server.close();
  }
});
