import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ClientAborted } from "../../src/client-aborted.ts";
import { AppError } from "../../src/errors.ts";
import type { Pieces } from "../../src/names/name-matcher.ts";
import { computingTime, runInPieces } from "../../src/services/run-in-pieces.ts";

/** Work of so many pieces, each of about a millisecond; without end where not told. */
function* pieces(count = Number.POSITIVE_INFINITY): Pieces<string> {
  for (let piece = 0; piece < count; piece++) {
    const endMs = performance.now() + 1;
    while (performance.now() < endMs);
    yield;
  }
  return "done";
}

/** Counts the turns that others get while something runs. */
async function turnsDuring(run: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await run();
  isOver = true;
  return turns;
}

describe("work in pieces", () => {
  it("lets others have their turn, also between short works that share a time", async () => {
    const long = await turnsDuring(async () =>
      assert.equal(await runInPieces(pieces(60), computingTime(5000), null), "done"),
    );
    assert.ok(long >= 5, `${long} turns`);
    const time = computingTime(5000);
    const short = await turnsDuring(async () => {
      for (let work = 0; work < 60; work++) await runInPieces(pieces(1), time, null);
    });
    assert.ok(short >= 5, `${short} turns`);
    assert.ok(time.leftMs < 5000);
  });

  it("ends where its time is used up, and what comes after in the same time doesn't begin", async () => {
    const time = computingTime(20);
    const isOverloaded = (error: unknown) => error instanceof AppError && error.code === "overloaded";
    await assert.rejects(runInPieces(pieces(), time, null), isOverloaded);
    let begun = 0;
    function* next(): Pieces<string> {
      begun += 1;
      yield;
      return "done";
    }
    await assert.rejects(runInPieces(next(), time, null), isOverloaded);
    assert.equal(begun, 0);
  });

  it("ends when its client has gone", async () => {
    const client = { destroyed: false };
    setImmediate(() => Object.assign(client, { destroyed: true }));
    await assert.rejects(runInPieces(pieces(), computingTime(60_000), client), ClientAborted);
  });
});
