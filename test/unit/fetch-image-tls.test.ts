import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createServer } from "node:tls";
import { fetchFailure, LOCAL_FETCH } from "../support/fetch-failure.ts";
import { selfSignedCertificate } from "../support/self-signed.ts";

test("https names the URL's host to the server and refuses a certificate nobody vouches for, sending no request", async () => {
  const names: string[] = [];
  let received = 0;
  const server = createServer(
    {
      ...selfSignedCertificate("photos.test"),
      SNICallback: (name, done) => {
        names.push(name);
        done(null);
      },
    },
    (socket) => {
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        received += bytes.length;
      });
    },
  );
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const options = { ...LOCAL_FETCH, resolve: async () => ["127.0.0.1"] };
    const error = await fetchFailure(`https://photos.test:${port}/`, options, "url_unreachable");
    assert.equal(Reflect.get(error.cause ?? {}, "code"), "DEPTH_ZERO_SELF_SIGNED_CERT");
    assert.deepEqual(names, ["photos.test"]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  assert.equal(received, 0);
});
