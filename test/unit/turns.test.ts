import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AppError } from "../../src/errors.ts";
import { createTurns } from "../../src/services/turns.ts";

/** Work that ends when it is told to, and notes that it began. */
function heldWork(begun: string[], name: string) {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = async () => {
    begun.push(name);
    await ended;
    return name;
  };
  return { work, end };
}

describe("turns", () => {
  it("have work under one name done one after the other, in its order, and other names' beside it", async () => {
    const turns = createTurns(60_000);
    const begun: string[] = [];
    const [first, second, third, other] = ["first", "second", "third", "other"].map((name) => heldWork(begun, name));
    assert.ok(first && second && third && other);
    const answers = [first, second, third].map(({ work }) => turns.take("a", work));
    const beside = turns.take("b", other.work);
    other.end();
    assert.equal(await beside, "other");
    assert.deepEqual(begun, ["first", "other"]);
    first.end();
    assert.equal(await answers[0], "first");
    second.end();
    assert.equal(await answers[1], "second");
    third.end();
    assert.deepEqual(await Promise.all(answers), ["first", "second", "third"]);
    assert.deepEqual(begun, ["first", "other", "second", "third"]);
  });

  it("go on after work that failed", async () => {
    const turns = createTurns(60_000);
    const failing = turns.take("a", async () => {
      throw new Error("of the work");
    });
    const next = turns.take("a", async () => "next");
    await assert.rejects(failing, /of the work/);
    assert.equal(await next, "next");
    assert.equal(await turns.take("a", async () => "later"), "later");
  });

  it("that come too late are refused, without their work; whoever finds nobody before them never waits", async () => {
    const turns = createTurns(0);
    const begun: string[] = [];
    const held = heldWork(begun, "held");
    const first = turns.take("a", held.work);
    const late = turns.take("a", heldWork(begun, "late").work);
    held.end();
    await assert.rejects(late, (error) => error instanceof AppError && error.code === "overloaded");
    assert.equal(await first, "held");
    assert.equal(await turns.take("a", async () => "free"), "free");
    assert.deepEqual(begun, ["held"]);
  });
});
