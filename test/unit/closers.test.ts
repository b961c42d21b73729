import assert from "node:assert/strict";
import { test } from "node:test";
import { createClosers } from "../../src/closers.ts";

/** Three parts of which `failing` can't be closed; what was closed and logged, in order. */
function threeParts(failing: readonly string[]) {
  const closed: string[] = [];
  const logged: object[] = [];
  const closers = createClosers({ error: (facts) => logged.push(facts) });
  for (const name of ["first", "second", "third"]) {
    closers.push(name, async () => {
      closed.push(name);
      if (failing.includes(name)) throw new Error(`no end of ${name}`);
    });
  }
  return { closers, closed, logged };
}

test("what was opened last is closed first", async () => {
  const { closers, closed } = threeParts([]);
  await closers.closeAll();
  assert.deepEqual(closed, ["third", "second", "first"]);
});

test("a part that can't be closed keeps no other one open; each is logged and named at the end", async () => {
  const { closers, closed, logged } = threeParts(["third", "second"]);
  await assert.rejects(closers.closeAll(), /third, second$/);
  assert.deepEqual(closed, ["third", "second", "first"]);
  assert.deepEqual(
    logged.map((facts) => "part" in facts && facts.part),
    ["third", "second"],
  );
});

test("a second call waits for the first and closes nothing twice", async () => {
  const { closers, closed } = threeParts([]);
  await Promise.all([closers.closeAll(), closers.closeAll()]);
  assert.equal(closed.length, 3);
});
