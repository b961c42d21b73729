import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { compiledProcess } from "../support/compiled-tests.ts";
import { createTestDatabase } from "../support/database.ts";
import { flipSome, randomHash, seededRandom } from "../support/near-corpus.ts";
import type { GateOrder, GateReply } from "../support/processes/gate-process.ts";

const PROCESSES = 3;
const ACTORS = 36;
const OPERATIONS = 15_000;
const THRESHOLD = 31;
/** More rows than travel with a look-up: memory has to catch up by itself. */
const BULK_ROWS = 1500;
/** Every so many of them are looked for again once memory has caught up. */
const BULK_STEP = 30;
const SCRIPT = fileURLToPath(compiledProcess("gate-process"));

type WithoutNumber<Order> = Order extends unknown ? Omit<Order, "number"> : never;

interface GateProcess {
  order(order: WithoutNumber<GateOrder>): Promise<GateReply>;
  close(): Promise<void>;
}

async function startProcess(databaseUrl: string): Promise<GateProcess> {
  const child: ChildProcess = spawn(process.execPath, [SCRIPT, databaseUrl], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const waiting = new Map<number, { resolve(reply: GateReply): void; reject(error: Error): void }>();
  let last = 0;
  await once(child, "message");
  child.on("message", (reply: GateReply) => {
    const asked = waiting.get(reply.number);
    waiting.delete(reply.number);
    if (reply.error === undefined) asked?.resolve(reply);
    else asked?.reject(new Error(reply.error));
  });
  child.on("exit", (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`The process ended with ${code}`));
  });
  return {
    order(order) {
      last += 1;
      const number = last;
      return new Promise((resolve, reject) => {
        waiting.set(number, { resolve, reject });
        child.send({ number, ...order });
      });
    },
    async close() {
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
}

/** Returns once the process answers from memory. */
async function untilReady(process: GateProcess): Promise<void> {
  while ((await process.order({ do: "state" })).state !== "ready");
}

it("3 processes that insert, lift, restore and delete: none of 15,000 operations is followed by a stale check anywhere", async (t) => {
  const test = await createTestDatabase();
  t.after(() => test.drop());
  const listId = await insertList();
  const processes = await Promise.all(Array.from({ length: PROCESSES }, () => startProcess(test.url)));
  t.after(() => Promise.all(processes.map((each) => each.close())));

  async function insertList(): Promise<string> {
    const { rows } = await test.database.pool.query<{ id: string }>(
      `insert into list (name, kind, action, pdq_threshold, blockhash_threshold)
       values ('followed', 'disallow', 'block', $1, 10) returning id`,
      [THRESHOLD],
    );
    return rows[0]!.id;
  }

  let operations = 0;
  let checks = 0;
  let checksFromMemory = 0;
  let lastId = 0;
  const stale: string[] = [];

  async function actor(seed: number): Promise<void> {
    const random = seededRandom(seed);
    const anyProcess = () => processes[Math.floor(random() * PROCESSES)]!;
    async function change(order: WithoutNumber<GateOrder>): Promise<void> {
      operations += 1;
      await anyProcess().order(order);
    }
    /** The next check, on any process, with a hash near the entry's. */
    async function expectFound(id: string, hash: string, expected: boolean, after: string): Promise<void> {
      operations += 1;
      const asked = flipSome(hash, Math.floor(random() * (THRESHOLD + 1)), random);
      const { found = [], fromMemory } = await anyProcess().order({ do: "check", hash: asked });
      checks += 1;
      if (fromMemory) checksFromMemory += 1;
      if (found.includes(id) !== expected) stale.push(`${id} after ${after}: ${found}`);
    }
    while (operations < OPERATIONS) {
      const bulk = random() < 0.001;
      const rows = bulk ? BULK_ROWS : 1;
      const ids = Array.from({ length: rows }, () => String(++lastId));
      const hashes = ids.map(() => randomHash(random));
      const place = Math.floor(random() * rows);
      const [id, hash] = [ids[place]!, hashes[place]!];
      await change({ do: "insert", listId, ids, hashes, lingering: random() < 0.2 });
      await expectFound(id, hash, true, bulk ? "a bulk insert" : "its insert");
      await expectFound(id, hash, true, "an earlier check");
      if (bulk) {
        await Promise.all(processes.map(untilReady));
        for (let row = 0; row < rows; row += BULK_STEP) await expectFound(ids[row]!, hashes[row]!, true, "catching up");
      }
      if (random() < 0.3) {
        await change({ do: "lift", id });
        await expectFound(id, hash, false, "its lift");
        await change({ do: "restore", id });
        await expectFound(id, hash, true, "its restoration");
      }
      if (random() < 0.6) {
        await change({ do: "delete", id });
        await expectFound(id, hash, false, "its deletion");
      }
    }
  }

  await Promise.all(Array.from({ length: ACTORS }, (_, index) => actor(1000 + index)));
  assert.deepEqual(stale, []);
  t.diagnostic(`${operations} operations; ${checksFromMemory} of ${checks} checks answered from memory`);
  assert.ok(checksFromMemory > 0.8 * checks, `${checksFromMemory} of ${checks} checks were answered from memory`);
});
