import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { test } from "node:test";
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  deflateRawSync,
  deflateSync,
  gzipSync,
} from "node:zlib";
import { fetchImage } from "../../src/image/fetch-image.ts";
import { fetchFailure, LOCAL_FETCH } from "../support/fetch-failure.ts";
import { httpAnswer, startImageOrigin, withImageOrigin } from "../support/image-origin.ts";

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;
/** As the service has it. */
const MAX_IMAGE_BYTES = 20 * MEBIBYTE;
/** What zlib gives at a time (Z_DEFAULT_CHUNK). */
const CHUNK_BYTES = constants.Z_DEFAULT_CHUNK;

const BODY = Buffer.from(Array.from({ length: 90_000 }, (_, i) => (i * i) & 0xff));

const CODINGS: readonly (readonly [string, (body: Buffer) => Buffer])[] = [
  ["gzip", gzipSync],
  ["X-GZip", gzipSync],
  ["deflate", deflateSync],
  ["br", brotliCompressSync],
];
for (const [coding, compress] of CODINGS) {
  test(`a ${coding} body, sent although none was asked for, comes back decompressed`, async () => {
    await withImageOrigin(
      (_, socket) => socket.end(httpAnswer(200, [`Content-Encoding: ${coding}`], compress(BODY))),
      async (base) => {
        const chunks: Buffer[] = [];
        const onChunk = (chunk: Buffer) => chunks.push(chunk);
        assert.deepEqual((await fetchImage(base, { ...LOCAL_FETCH, onChunk })).bytes, BODY);
        assert.deepEqual(Buffer.concat(chunks), BODY);
      },
    );
  });

  test(`a ${coding} body of exactly the limit decompressed is taken, one byte more is not`, async () => {
    await withImageOrigin(
      (path, socket) => {
        const body = Buffer.alloc(LOCAL_FETCH.maxBytes + (path === "/over" ? 1 : 0));
        socket.end(httpAnswer(200, [`Content-Encoding: ${coding}`], compress(body)));
      },
      async (base) => {
        assert.equal((await fetchImage(base, LOCAL_FETCH)).bytes.length, LOCAL_FETCH.maxBytes);
        await fetchFailure(`${base}/over`, LOCAL_FETCH, "image_too_many_bytes");
      },
    );
  });

  test(`a ${coding} body that is cut short or damaged is unreachable`, async () => {
    const whole = compress(BODY);
    const damaged = Buffer.from(whole).fill(0xff, 20, 60);
    const bodies = {
      "/cut": whole.subarray(0, -9),
      "/damaged": damaged,
      "/none": Buffer.from("GIF89a no such coding"),
    };
    await withImageOrigin(
      (path, socket) =>
        socket.end(httpAnswer(200, [`Content-Encoding: ${coding}`], bodies[path as keyof typeof bodies])),
      async (base) => {
        for (const path of Object.keys(bodies)) {
          const error = await fetchFailure(base + path, LOCAL_FETCH, "url_unreachable");
          assert.doesNotMatch(error.message, /zlib|Z_|header|brotli|unexpected/i);
        }
      },
    );
  });
}

for (const coding of ["gzip, gzip", "gzip, identity", "br,gzip", "zstd", "compress", "exi", "aes128gcm", "*", ""]) {
  test(`a body in the content coding "${coding}" is refused unread`, async () => {
    await withImageOrigin(
      (_, socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\n\r\n\x1f\x8b`),
      async (base) => {
        const onChunk = () => assert.fail("a chunk was handed on");
        await fetchFailure(base, { ...LOCAL_FETCH, onChunk }, "url_unreachable");
      },
    );
  });
}

test("raw deflate, which the coding of that name is not (RFC 9110, 8.4.1.2), is unreachable", async () => {
  await withImageOrigin(
    (_, socket) => socket.end(httpAnswer(200, ["Content-Encoding: deflate"], deflateRawSync(BODY))),
    (base) => fetchFailure(base, LOCAL_FETCH, "url_unreachable").then(() => {}),
  );
});

/** Sends `bytes` zeros, compressed while they are sent; gives the compressed bytes that were handed to the socket. */
function sendBomb(socket: Socket, coding: "gzip" | "br", bytes: number): () => number {
  const block = Buffer.alloc(MEBIBYTE);
  const zeros = Readable.from(
    (function* () {
      for (let left = bytes; left > 0; left -= block.length) yield block;
    })(),
  );
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  const compressor = coding === "gzip" ? createGzip({ level: 1 }) : createBrotliCompress(quality);
  let sent = 0;
  compressor.on("data", (piece: Buffer) => {
    sent += piece.length;
  });
  socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\n\r\n`);
  socket.on("close", () => {
    zeros.destroy();
    compressor.destroy();
  });
  zeros.pipe(compressor).pipe(socket);
  return () => sent;
}

for (const coding of ["gzip", "br"] as const) {
  test(`a ${coding} bomb of 4 GiB ends with the first chunk over 20 MiB`, async () => {
    const origin = await startImageOrigin((_, socket) => sendBomb(socket, coding, 4 * GIBIBYTE));
    try {
      let handedOn = 0;
      const residentBefore = process.memoryUsage.rss();
      const options = {
        ...LOCAL_FETCH,
        maxBytes: MAX_IMAGE_BYTES,
        onChunk: (chunk: Buffer) => {
          handedOn += chunk.length;
        },
      };
      await fetchFailure(`http://127.0.0.1:${origin.port}/`, options, "image_too_many_bytes");
      await origin.drained();
      assert.ok(handedOn <= MAX_IMAGE_BYTES, `${handedOn} bytes were handed on`);
      assert.ok(handedOn > MAX_IMAGE_BYTES - CHUNK_BYTES, `only ${handedOn} bytes were handed on`);
      const grownMiB = (process.memoryUsage.rss() - residentBefore) / MEBIBYTE;
      assert.ok(grownMiB < 128, `${grownMiB} MiB more are resident`);
    } finally {
      await origin.close();
    }
  });
}

test("gzip bytes are counted as they are sent, too: members that decompress to nothing don't go on for ever", async () => {
  const block = Buffer.concat(Array.from({ length: 4096 }, () => gzipSync("")));
  await withImageOrigin(
    (_, socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
      pour(socket, block);
    },
    async (base) => {
      const onChunk = () => assert.fail("a chunk was handed on");
      await fetchFailure(base, { ...LOCAL_FETCH, onChunk }, "image_too_many_bytes");
    },
  );
});

test("a body announced as 10 GiB is refused unread, compressed or not", async () => {
  for (const coding of ["identity", "gzip", "br"]) {
    await withImageOrigin(
      (_, socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: 10737418240\r\n\r\n`);
        pour(socket, gzipSync(BODY));
      },
      async (base) => {
        const onChunk = () => assert.fail("a chunk was handed on");
        await fetchFailure(base, { ...LOCAL_FETCH, onChunk }, "image_too_many_bytes");
      },
    );
  }
});

test("a body in chunks of one byte is refused long before its limit of bytes", async () => {
  await withImageOrigin(
    (_, socket) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      pour(socket, Buffer.from("1\r\nx\r\n".repeat(4096)));
    },
    async (base) => {
      let handedOn = 0;
      const onChunk = (chunk: Buffer) => {
        handedOn += chunk.length;
      };
      const options = { ...LOCAL_FETCH, maxBytes: MAX_IMAGE_BYTES, onChunk };
      const error = await fetchFailure(base, options, "url_unreachable");
      assert.match(error.message, /too many pieces/);
      // A read of the socket, 64 KiB, is parsed to its end.
      assert.ok(handedOn < 1024 + 65_536 / 6, `${handedOn} were handed on`);
    },
  );
});

test("an origin that sends interim answers for ever is dropped after 16 of them", async () => {
  await withImageOrigin(
    (_, socket) => pour(socket, Buffer.from("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(64))),
    async (base) => {
      const error = await fetchFailure(base, LOCAL_FETCH, "url_unreachable");
      assert.match(error.message, /too many headers/);
    },
  );
});

/** Writes `block` again and again, as fast as the other side takes it. */
function pour(socket: Socket, block: Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.on("drain", more);
  more();
}
