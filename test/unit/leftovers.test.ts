import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { AppError } from "../../src/errors.ts";
import { createLogger } from "../../src/logger.ts";
import { createLeftovers, undoAfter } from "../../src/services/leftovers.ts";

// They wait without keeping a process alive.
const alive = setInterval(() => {}, 60_000);
after(() => clearInterval(alive));

const gone = () => Promise.reject(new Error("Query read timeout"));

describe("what a failed request leaves in the database", () => {
  it("is undone beside the requests, again until it succeeds", async () => {
    const leftovers = createLeftovers(createLogger("silent"));
    let tries = 0;
    await new Promise<void>((done) => {
      leftovers.add("units", async () => {
        tries += 1;
        if (tries === 1) return await gone();
        done();
      });
    });
    await leftovers.close();
    assert.equal(tries, 2);
    assert.equal(leftovers.count(), 0);
  });

  it("is waited for after a failure of the request's own, and not after one of the database", async () => {
    const leftovers = createLeftovers(createLogger("silent"));
    const ctx = { leftovers };
    let undone = false;
    await undoAfter(ctx, new AppError("image_missing", "none"), "units", async () => {
      undone = true;
    });
    assert.equal(undone, true);
    let answer = () => {};
    const hanging = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await undoAfter(ctx, new Error("Query read timeout"), "units", () => hanging);
    await undoAfter(ctx, new AppError("database_unavailable", "none"), "units", () => hanging);
    assert.equal(leftovers.count(), 2);
    answer();
    await leftovers.close();
    assert.equal(leftovers.count(), 0);
  });

  it("is tried once more at the end, and a database that is away doesn't hold the end up", async () => {
    const leftovers = createLeftovers(createLogger("silent"));
    let tries = 0;
    for (let each = 0; each < 3; each++) {
      leftovers.add("a claim", async () => {
        tries += 1;
        await gone();
      });
    }
    await leftovers.close();
    assert.equal(leftovers.count(), 3);
    assert.ok(tries <= 2, `${tries} tries`);
  });
});
