import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Database } from "../../src/db/client.ts";
import type { NameEntry, NameList } from "../../src/db/name-patterns.ts";
import { createNameMatchers } from "../../src/services/name-matchers.ts";
import { findAll } from "../support/finish-pieces.ts";

const listAt = (version: string): NameList => ({ id: 1n, name: "names", action: "block", version, readAt: 0 });

/** A database whose answers wait until they are given. */
function heldDatabase() {
  const waiting: { give(patterns: readonly string[]): void; fail(): void }[] = [];
  const query = () =>
    new Promise((resolve, reject) => {
      waiting.push({
        fail: () => reject(new Error("away")),
        give: (patterns) =>
          resolve({
            rows: patterns.map((pattern, id) => ({
              id: String(id),
              customId: null,
              pattern,
              syntax: "substring",
              expiresAt: null,
            })),
          }),
      });
    });
  return { db: { pool: { query } } as unknown as Database, waiting };
}

const turn = () => new Promise(setImmediate);

describe("patterns made ready", () => {
  it("are read once for all versions that came while an earlier one was being made ready", async () => {
    const { db, waiting } = heldDatabase();
    const matchers = createNameMatchers();
    const first = matchers.get(db, listAt("1"));
    await turn();
    const [second, third] = [matchers.get(db, listAt("2")), matchers.get(db, listAt("3"))];
    await turn();
    assert.equal(waiting.length, 1);
    waiting[0]?.give(["one"]);
    assert.equal(findAll(await first, "one two").length, 1);
    await turn();
    assert.equal(waiting.length, 2);
    // One that comes while the second is being read may not be in it.
    const fourth = matchers.get(db, listAt("4"));
    waiting[1]?.give(["one", "two"]);
    const found = [await second, await third].map((matcher) => findAll<NameEntry>(matcher, "one two").length);
    assert.deepEqual(found, [2, 2]);
    await turn();
    assert.equal(waiting.length, 3);
    waiting[2]?.give([]);
    assert.deepEqual(findAll(await fourth, "one two"), []);
    assert.equal(matchers.get(db, listAt("4")), fourth);
    assert.equal(waiting.length, 3);
  });

  it("are read again where they could not be read", async () => {
    const { db, waiting } = heldDatabase();
    const matchers = createNameMatchers();
    const first = matchers.get(db, listAt("1"));
    await turn();
    const second = matchers.get(db, listAt("2"));
    waiting[0]?.fail();
    await assert.rejects(first, /away/);
    await turn();
    waiting[1]?.give(["one"]);
    assert.equal(findAll(await second, "one").length, 1);
    const third = matchers.get(db, listAt("3"));
    await turn();
    waiting[2]?.fail();
    await assert.rejects(third, /away/);
    const again = matchers.get(db, listAt("3"));
    await turn();
    waiting[3]?.give(["one"]);
    assert.equal(findAll(await again, "one").length, 1);
  });
});
