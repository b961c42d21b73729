import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { bufferOf, type KernelKind, MEMORY_BYTES_MAX, openKernel } from "../../src/hot-index/kernel/kernel.ts";
import { sealSegment } from "../../src/hot-index/seal-segment.ts";
import { radiiFor } from "../../src/hot-index/search-plan.ts";
import { segmentRows } from "../../src/hot-index/segment.ts";
import { draftSegment, wordsOf } from "../../src/hot-index/segment-draft.ts";
import { layOutSegment, RADIUS_MAX, SEGMENT_ROWS_MAX } from "../../src/hot-index/segment-layout.ts";
import { readSegment } from "../../src/hot-index/segment-search.ts";
import {
  bruteForce,
  cornerRows,
  makeRows,
  neighbours,
  type RowMaker,
  type RowModel,
  tableOf,
} from "../support/hot-index.ts";
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

/** Some other radii of the same sum. */
function unevenRadii(threshold: number, make: RowMaker): number[] {
  const radii = new Array<number>(16).fill(-1);
  for (let left = threshold + 1; left > 0; ) {
    const chunk = make.below(16);
    if ((radii[chunk] ?? 0) >= RADIUS_MAX) continue;
    radii[chunk] = (radii[chunk] ?? 0) + 1;
    left--;
  }
  return radii;
}

describe("the hot index's kernel", () => {
  for (const kernel of KERNELS) {
    for (const kind of KINDS) {
      test(`${kernel}: probing and scanning ${kind} rows find what brute force finds`, () => {
        const make = makeRows(seededRandom(KINDS.indexOf(kind) + 1));
        for (const size of [0, 1, 2, 300, 3000]) {
          const rows = cornerRows(kind, size, make);
          const { reader } = openSegment(kernel, rows);
          for (const threshold of [0, 1, 5, 10, 21, 31, 40, 64, 90, 128, 255, 256]) {
            const near = [...rows.values()][make.below(Math.max(size, 1))] ?? make.row();
            const hashes = Array.from({ length: 1 + make.below(3) }, () => make.flip(near, make.below(40)));
            const radii = radiiFor(threshold);
            const plans = radii === null ? [null] : [radii, unevenRadii(threshold, make), null];
            for (const plan of plans) {
              const query = {
                words: wordsOf(Buffer.concat(hashes), hashes.length),
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

  test("the largest segment fits into one memory, and its ids into three bytes", () => {
    assert.ok(layOutSegment(SEGMENT_ROWS_MAX, 64).bytes <= MEMORY_BYTES_MAX);
    assert.ok(SEGMENT_ROWS_MAX <= 2 ** 24);
  });

  test("the radii leave no row out: with one to each chunk they make up more than the threshold", () => {
    for (let threshold = 0; threshold < 96; threshold++) {
      const radii = radiiFor(threshold);
      assert.equal(
        radii?.reduce((sum, radius) => sum + radius + 1, 0),
        threshold + 1,
      );
    }
  });

  test("the committed kernel is what its source makes", async () => {
    const source = new URL("../../src/hot-index/kernel/assembly/build.mjs", import.meta.url);
    const { compileKernel } = (await import(source.href)) as { compileKernel(): Promise<string> };
    assert.equal(await readFile(new URL("../kernel-bytes.ts", source), "utf8"), await compileKernel());
  });
});
