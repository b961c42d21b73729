import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { buildChunkTables } from "../../src/hot-index/chunk-tables.ts";
import { bufferOf, type KernelKind, openKernel } from "../../src/hot-index/kernel/kernel.ts";
import { sealSegment } from "../../src/hot-index/seal-segment.ts";
import { radiiFor } from "../../src/hot-index/search-plan.ts";
import { segmentRows } from "../../src/hot-index/segment.ts";
import { draftSegment, hashWords } from "../../src/hot-index/segment-draft.ts";
import { chunkWidths, layOutSegment, SEGMENT_ROWS_MAX, worstTableBytes } from "../../src/hot-index/segment-layout.ts";
import { readSegment } from "../../src/hot-index/segment-search.ts";
import { bruteForce, cornerRows, makeRows, neighbours, type RowModel, tableOf } from "../support/hot-index.ts";
import { seededRandom } from "../support/near-corpus.ts";

const KERNELS: readonly KernelKind[] = ["wasm", "javascript"];
const KINDS = ["uniform", "clusters", "equal", "one chunk"] as const;

function openSegment(kernel: KernelKind, rows: RowModel) {
  const { owners, bits } = tableOf(rows);
  const draft = draftSegment(kernel, Math.max(owners.length, 1), 1);
  draft.append(owners, bits, owners.length);
  const shape = sealSegment(draft, 1, 0);
  const [thread] = layOutSegment(shape.capacity, 1).threads;
  assert.ok(thread);
  return {
    shape,
    thread,
    reader: readSegment(openKernel(kernel, shape.memory), shape.memory, thread, segmentRows(shape, 1)),
  };
}

describe("the hot index's kernel", () => {
  for (const kernel of KERNELS) {
    for (const kind of KINDS) {
      test(`${kernel}: probing and scanning ${kind} rows find what brute force finds`, () => {
        const make = makeRows(seededRandom(KINDS.indexOf(kind) + 1));
        for (const size of [0, 1, 2, 300, 3000]) {
          const rows = cornerRows(kind, size, make);
          const { shape, reader } = openSegment(kernel, rows);
          for (const threshold of [0, 1, 5, 10, 21, 31, 40, 64, 90, 128, 255, 256]) {
            const near = [...rows.values()][make.below(Math.max(size, 1))] ?? make.row();
            const hashes = Array.from({ length: 1 + make.below(3) }, () => make.flip(near, make.below(40)));
            const radii = radiiFor(shape.widths, threshold);
            for (const plan of radii === null ? [null] : [radii, null]) {
              const query = {
                words: hashWords(Buffer.concat(hashes), hashes.length),
                hashes: hashes.length,
                threshold,
                limit: size,
                part: 0,
                parts: 1,
              };
              assert.deepEqual(neighbours(reader.search(query, size, plan)), bruteForce(rows, hashes, threshold));
            }
          }
        }
      });
    }
  }

  test("both kernels make the same tables", () => {
    const rows = cornerRows("clusters", 5000, makeRows(seededRandom(9)));
    const [left, right] = KERNELS.map((kernel) => openSegment(kernel, rows).shape);
    assert.ok(left && right);
    assert.equal(left.bytes, right.bytes);
    const bytesOf = (shape: typeof left) => Buffer.from(bufferOf(shape.memory), 0, left.bytes + 64);
    const { threads } = layOutSegment(left.capacity, 1);
    assert.ok(bytesOf(left).subarray(0, threads[0]?.record).equals(bytesOf(right).subarray(0, threads[0]?.record)));
    const { prefixes } = layOutSegment(left.capacity, 1);
    assert.ok(bytesOf(left).subarray(prefixes).equals(bytesOf(right).subarray(prefixes)));
  });

  test("wide chunks, whose values are sorted in partitions, are searched completely", () => {
    const make = makeRows(seededRandom(5));
    const rows = cornerRows("clusters", 4000, make);
    const { owners, bits } = tableOf(rows);
    for (const kernel of KERNELS) {
      const draft = draftSegment(kernel, 4_000_000, 1);
      draft.append(owners, bits, owners.length);
      const widths = [22, 22, 22, 22, 21, 21, 21, 21, 21, 21, 21, 21];
      buildChunkTables(draft, widths);
      const [thread] = draft.layout.threads;
      assert.ok(thread);
      const reader = readSegment(openKernel(kernel, draft.memory), draft.memory, thread, draft.rows());
      for (const threshold of [0, 11, 24, 31]) {
        const hashes = [make.flip([...rows.values()][make.below(4000)] ?? make.row(), 9)];
        const query = {
          words: hashWords(Buffer.concat(hashes), 1),
          hashes: 1,
          threshold,
          limit: 4000,
          part: 0,
          parts: 1,
        };
        assert.deepEqual(
          neighbours(reader.search(query, 4000, radiiFor(widths, threshold))),
          bruteForce(rows, hashes, threshold),
        );
      }
    }
  });

  test("the widths cover the 256 bits, and the tables of any number of rows fit a memory laid out for more", () => {
    for (let rows = 1; rows < SEGMENT_ROWS_MAX; rows = Math.ceil(rows * 1.07)) {
      const widths = chunkWidths(rows);
      assert.equal(
        widths.reduce((sum, width) => sum + width, 0),
        256,
      );
      for (const more of [1, 1.3, 1.9, 4, 30]) {
        const { bytesMax, tables } = layOutSegment(Math.min(Math.ceil(rows * more), SEGMENT_ROWS_MAX), 4);
        assert.ok(bytesMax <= 2 ** 32);
        assert.ok(tables + worstTableBytes(rows) <= bytesMax, `${rows} of ${more}`);
      }
    }
  });

  test("the committed kernel is what its source makes", async () => {
    const source = new URL("../../src/hot-index/kernel/assembly/build.mjs", import.meta.url);
    const { compileKernel } = (await import(source.href)) as { compileKernel(): Promise<string> };
    assert.equal(await readFile(new URL("../kernel-bytes.ts", source), "utf8"), await compileKernel());
  });
});
