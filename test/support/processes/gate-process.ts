import type { PoolClient } from "pg";
import { openDatabase } from "../../../src/db/client.ts";
import { gateLookUp } from "../../../src/db/gate-look-up.ts";
import { createHotMemory } from "../../../src/db/hot-memory.ts";
import { searchEntries } from "../../../src/db/near-search.ts";
import { toIndexBits } from "../../../src/fingerprint/bit-order.ts";
import { quietLogger } from "../database.ts";
import { ANYTHING, lookOf } from "../near-corpus.ts";

// One service on a shared database, reduced to what decides whether a check is stale: the gate's statement, the rows in
// memory and the search. node gate-process.ts <database URL>, with an IPC channel; it answers each GateOrder
// with a GateReply, in any order.

export type GateOrder = { readonly number: number } & (
  | {
      readonly do: "insert";
      readonly listId: string;
      readonly ids: readonly string[];
      /** 64 hex digits each. */
      readonly hashes: readonly string[];
      /** The transaction goes on for a few statements more, so that later ones commit before it. */
      readonly lingering: boolean;
    }
  | { readonly do: "delete" | "lift" | "restore"; readonly id: string }
  | { readonly do: "check"; readonly hash: string }
  | { readonly do: "state" }
);

export interface GateReply {
  readonly number: number;
  /** Of a check: the entries found. */
  readonly found?: readonly string[];
  /** Of a check: whether memory named the candidates. */
  readonly fromMemory?: boolean;
  readonly state?: string;
  readonly error?: string;
}

const INSERT = `with added as (
    insert into entry (id, list_id, identity, source, detail, created_by) overriding system value
    select id, $1, int8send(id), 'hashes', 'sufficient', 'test' from unnest($2::int8[]) as id returning id)
  insert into entry_pdq select given.id, given.bits from unnest($2::int8[], $3::varbit[]) as given (id, bits)
  join added on added.id = given.id`;
const DELETE = "with gone as (delete from entry_pdq where entry_id = $1) delete from entry where id = $1";
const SET_ENABLED = "update entry set enabled = $2 where id = $1";

const [connectionString = ""] = process.argv.slice(2);
const connection = { connectionString };
const db = await openDatabase(connection, { poolSize: 6, logger: quietLogger, applicationName: "gate test" });
const memory = createHotMemory(connection, { budgetBytes: 64 * 2 ** 20, hasReplicas: false, logger: quietLogger });
memory.begin(db);

async function carryOut(order: GateOrder): Promise<Omit<GateReply, "number">> {
  switch (order.do) {
    case "insert": {
      const bits = order.hashes.map((hash) => toIndexBits("pdq", hash));
      const statement = { name: "insert", text: INSERT, values: [order.listId, order.ids, bits] };
      if (order.lingering) await linger((client) => client.query(statement));
      else await db.pool.query(statement);
      return {};
    }
    case "delete":
      await db.pool.query({ name: "delete", text: DELETE, values: [order.id] });
      return {};
    case "lift":
    case "restore":
      await db.pool.query({ name: "set_enabled", text: SET_ENABLED, values: [order.id, order.do === "restore"] });
      return {};
    case "check":
      return await check(order.hash);
    case "state":
      return { state: memory.facts().state };
  }
}

async function linger(work: (client: PoolClient) => Promise<unknown>): Promise<void> {
  const client = await db.pool.connect();
  try {
    await client.query("begin");
    await work(client);
    for (let statement = 0; statement < 5; statement++) await client.query("select");
    await client.query("commit");
  } finally {
    client.release();
  }
}

async function check(hash: string): Promise<Omit<GateReply, "number">> {
  const { view } = await gateLookUp(db, memory.follower, "sha256", ["00"], { address: "192.0.2.1", limit: 10 });
  let fromMemory = false;
  const watched = view && {
    ...view,
    async near(...asked: Parameters<typeof view.near>) {
      const owners = await view.near(...asked);
      fromMemory = owners !== null;
      return owners;
    },
  };
  const matches = await searchEntries(db, { ...ANYTHING, looks: [lookOf({ pdq: hash })], limit: 100, view: watched });
  return { found: matches.map(({ entryId }) => entryId.toString()), fromMemory };
}

process.on("message", (order: GateOrder) => {
  void carryOut(order)
    .catch((error: unknown) => ({ error: String(error) }))
    .then((reply) => process.send?.({ number: order.number, ...reply }));
});
process.on("disconnect", () => {
  void memory
    .close()
    .then(() => db.close())
    .then(() => process.exit());
});
process.send?.({ number: 0 });
