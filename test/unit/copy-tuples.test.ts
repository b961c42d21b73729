import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { readTuples } from "../../src/db/copy-tuples.ts";

const HEADER = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);
const TRAILER = Buffer.from([0xff, 0xff]);

function tuple(...fields: readonly (string | null)[]): Buffer {
  const parts = fields.map((field) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(field === null ? -1 : Buffer.byteLength(field));
    return Buffer.concat([length, Buffer.from(field ?? "")]);
  });
  const count = Buffer.alloc(2);
  count.writeInt16BE(fields.length);
  return Buffer.concat([count, ...parts]);
}

async function read(chunks: readonly Buffer[]): Promise<(string | null)[][]> {
  const rows: (string | null)[][] = [];
  await readTuples(Readable.from(chunks), (buffer, starts, lengths) => {
    const field = (index: number) => {
      const [start = 0, length = 0] = [starts[index], lengths[index]];
      return length === -1 ? null : buffer.toString("utf8", start, start + length);
    };
    rows.push([field(0), field(1)]);
  });
  return rows;
}

describe("rows of a binary copy", () => {
  const rows = [
    ["a", "long enough to be split"],
    [null, ""],
    ["", null],
  ];
  const whole = Buffer.concat([HEADER, ...rows.map((row) => tuple(...row)), TRAILER]);

  it("are read whole wherever the stream is cut", async () => {
    for (let cut = 0; cut <= whole.length; cut++) {
      assert.deepEqual(await read([whole.subarray(0, cut), whole.subarray(cut)]), rows, `cut at ${cut}`);
    }
    assert.deepEqual(await read(Array.from(whole, (byte) => Buffer.from([byte]))), rows);
  });

  it("are none in an empty table", async () => {
    assert.deepEqual(await read([HEADER, TRAILER]), []);
  });

  it("that end early are an error, so that a lost connection is never taken for a short table", async () => {
    for (const end of [0, HEADER.length, whole.length - TRAILER.length, whole.length - 1]) {
      await assert.rejects(read([whole.subarray(0, end)]), /the connection ended/);
    }
  });
});
