import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import fc from "fast-check";
import { createFrameReader, writeFrame } from "../../src/worker/frames.ts";

interface Received {
  readonly header: unknown;
  readonly body: number[];
}

function written(frames: readonly { header: object; body?: Uint8Array }[]): Buffer {
  const stream = new PassThrough({ highWaterMark: 64 * 1024 * 1024 });
  for (const { header, body } of frames) writeFrame(stream, header, body);
  return (stream.read() as Buffer | null) ?? Buffer.alloc(0);
}

function readerInto(received: Received[], limits = { maxHeaderBytes: 1_000, maxBodyBytes: 1_000 }) {
  return createFrameReader(limits, (header, body) => received.push({ header, body: [...body] }));
}

test("frames come out as they went in, however the stream cuts them", () => {
  const frame = fc.record({
    header: fc.dictionary(fc.string({ unit: "grapheme" }), fc.oneof(fc.integer(), fc.string(), fc.boolean())),
    body: fc.uint8Array({ maxLength: 300 }),
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 50 })), (frames, cuts) => {
      const bytes = written(frames);
      const received: Received[] = [];
      const read = readerInto(received, { maxHeaderBytes: 100_000, maxBodyBytes: 300 });
      let offset = 0;
      for (const cut of cuts) {
        read(bytes.subarray(offset, offset + cut));
        offset += Math.min(cut, bytes.length - offset);
      }
      read(bytes.subarray(offset));
      const expected = frames.map(({ header, body }) => ({
        header: JSON.parse(JSON.stringify(header)),
        body: [...body],
      }));
      assert.deepEqual(received, expected);
    }),
  );
});

test("a frame may arrive byte by byte", () => {
  const received: Received[] = [];
  const read = readerInto(received);
  for (const byte of written([{ header: { n: 1 }, body: Uint8Array.of(1, 2, 3) }])) read(Uint8Array.of(byte));
  assert.deepEqual(received, [{ header: { n: 1 }, body: [1, 2, 3] }]);
});

test("a body stays as it is when later frames arrive", () => {
  const bodies: Uint8Array[] = [];
  const read = createFrameReader({ maxHeaderBytes: 100, maxBodyBytes: 100 }, (_header, body) => bodies.push(body));
  read(written([{ header: {}, body: Uint8Array.of(1) }]));
  read(written([{ header: {}, body: Uint8Array.of(2) }]));
  assert.deepEqual(
    bodies.map((body) => [...body]),
    [[1], [2]],
  );
});

const wrong = [
  { title: "a header over its limit", prefix: [0, 0, 4, 0, 0, 0, 0, 0], message: /header of 1 to 1000 bytes .* 1024/ },
  { title: "a header of no bytes", prefix: [0, 0, 0, 0, 0, 0, 0, 0], message: /header of 1 to 1000 bytes .* 0/ },
  {
    title: "a body over its limit",
    prefix: [0, 0, 0, 2, 255, 255, 255, 255],
    message: /body of at most 1000 .* 4294967295/,
  },
];
for (const { title, prefix, message } of wrong) {
  test(`${title} is refused from the lengths alone`, () => {
    assert.throws(() => readerInto([])(Uint8Array.from(prefix)), message);
  });
}

test("a header that is not JSON is refused", () => {
  assert.throws(() => readerInto([])(Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0, 0x7b)), SyntaxError);
});
