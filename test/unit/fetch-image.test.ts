import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchImage } from "../../src/image/fetch-image.ts";
import { fetchFailure, LOCAL_FETCH, MAX_BYTES } from "../support/fetch-failure.ts";
import { httpAnswer, startImageOrigin, withImageOrigin } from "../support/image-origin.ts";

test("the body comes back whole, and the chunks handed on while it arrives add up to it", async () => {
  const body = Buffer.from(Array.from({ length: 90_000 }, (_, i) => i & 0xff));
  await withImageOrigin(
    (_, socket) => socket.end(httpAnswer(200, ["Content-Type: image/png"], body)),
    async (base) => {
      const chunks: Buffer[] = [];
      const fetched = await fetchImage(`${base}/a%20b.png?x=1#part`, {
        ...LOCAL_FETCH,
        onChunk: (chunk) => chunks.push(chunk),
      });
      assert.deepEqual(fetched.bytes, body);
      assert.deepEqual(Buffer.concat(chunks), body);
      assert.equal(fetched.finalUrl, `${base}/a%20b.png?x=1#part`);
    },
  );
});

test("a request names its host, asks for an uncompressed body, and carries nothing that identifies the caller", async () => {
  await withImageOrigin(
    (path, socket) =>
      path === "/first"
        ? socket.end(httpAnswer(302, ["Set-Cookie: track=1", "Location: /second?y=%2F"]))
        : socket.end(httpAnswer(200, [], "picture")),
    async (base, requests) => {
      const resolve = async () => ["127.0.0.1"];
      const port = new URL(base).port;
      const fetched = await fetchImage(`http://Photos.Test.:${port}/first`, { ...LOCAL_FETCH, resolve });
      assert.equal(fetched.finalUrl, `http://photos.test:${port}/second?y=%2F`);
      const heads = requests.map((head) => head.toLowerCase());
      assert.equal(heads.length, 2);
      for (const head of heads) {
        assert.match(head, new RegExp(`\r\nhost: photos.test:${port}\r\n`));
        assert.match(head, /\r\naccept-encoding: identity\r\n/);
        assert.match(head, /\r\nconnection: close\r\n/);
        assert.doesNotMatch(head, /cookie|referer|authorization/);
      }
    },
  );
});

test("a body announced over the limit is refused before any of it is handed on", async () => {
  await withImageOrigin(
    (_, socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\nabc"),
    async (base) => {
      const onChunk = () => assert.fail("a chunk was handed on");
      await fetchFailure(base, { ...LOCAL_FETCH, onChunk }, "image_too_many_bytes");
    },
  );
});

for (const [title, head] of [
  ["without a length", ""],
  ["in chunks", "Transfer-Encoding: chunked\r\n"],
] as const) {
  test(`an endless body ${title} is cut off at the limit`, async () => {
    await withImageOrigin(
      (_, socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n`);
        const piece = head === "" ? "x".repeat(4096) : `1000\r\n${"x".repeat(4096)}\r\n`;
        const pour = () => {
          while (!socket.destroyed && socket.write(piece));
        };
        socket.on("drain", pour);
        pour();
      },
      async (base) => {
        let handedOn = 0;
        const onChunk = (chunk: Buffer) => {
          handedOn += chunk.length;
        };
        await fetchFailure(base, { ...LOCAL_FETCH, onChunk }, "image_too_many_bytes");
        assert.ok(handedOn <= MAX_BYTES, `${handedOn} bytes were handed on`);
      },
    );
  });
}

test("a body of exactly the limit is taken, one byte more is not", async () => {
  await withImageOrigin(
    (path, socket) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(MAX_BYTES + (path === "/over" ? 1 : 0))}`),
    async (base) => {
      assert.equal((await fetchImage(base, LOCAL_FETCH)).bytes.length, MAX_BYTES);
      await fetchFailure(`${base}/over`, LOCAL_FETCH, "image_too_many_bytes");
    },
  );
});

test("a body that runs on past its announced length ends at that length", async () => {
  await withImageOrigin(
    (_, socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n${"x".repeat(1_000_000)}`),
    async (base) => assert.equal((await fetchImage(base, LOCAL_FETCH)).bytes.length, 10),
  );
});

test("a port where nobody listens and a name without addresses read the same", async () => {
  const origin = await startImageOrigin(() => {});
  await origin.close();
  const closed = await fetchFailure(`http://127.0.0.1:${origin.port}/`, LOCAL_FETCH, "url_unreachable");
  const nameless = await fetchFailure(
    "http://gone.test/",
    { ...LOCAL_FETCH, resolve: async () => [] },
    "url_unreachable",
  );
  assert.equal(closed.message, nameless.message);
});

test("the next address of a name is tried where one refuses", async () => {
  await withImageOrigin(
    (_, socket) => socket.end(httpAnswer(200, [], "picture")),
    async (base) => {
      const resolve = async () => ["127.0.0.2", "127.0.0.1"];
      const fetched = await fetchImage(`http://photos.test:${new URL(base).port}/`, { ...LOCAL_FETCH, resolve });
      assert.equal(fetched.bytes.toString(), "picture");
    },
  );
});

test("private URLs may name hosts of this machine, in the system's own words", async () => {
  await withImageOrigin(
    (_, socket) => socket.end(httpAnswer(200, [], "picture")),
    async (base) => {
      const fetched = await fetchImage(base.replace("127.0.0.1", "localhost"), LOCAL_FETCH);
      assert.equal(fetched.bytes.toString(), "picture");
    },
  );
});

test("proxies of the environment are not used", async () => {
  await withImageOrigin(
    (_, socket) => socket.end(httpAnswer(200, [], "from the proxy")),
    async (proxy, requests) => {
      await withImageOrigin(
        (_, socket) => socket.end(httpAnswer(200, [], "picture")),
        async (base) => {
          const names = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "NODE_USE_ENV_PROXY"] as const;
          const before = names.map((name) => process.env[name]);
          for (const name of names) process.env[name] = name === "NODE_USE_ENV_PROXY" ? "1" : proxy;
          try {
            assert.equal((await fetchImage(base, LOCAL_FETCH)).bytes.toString(), "picture");
          } finally {
            for (const [i, name] of names.entries()) {
              const value = before[i];
              if (value === undefined) delete process.env[name];
              else process.env[name] = value;
            }
          }
        },
      );
      assert.equal(requests.length, 0);
    },
  );
});

test("what the chunk listener throws is thrown on, and the connection is closed", async () => {
  await withImageOrigin(
    (_, socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nabc"),
    async (base) => {
      const onChunk = () => {
        throw new RangeError("digest is finished");
      };
      await assert.rejects(fetchImage(base, { ...LOCAL_FETCH, onChunk }), RangeError);
    },
  );
});
