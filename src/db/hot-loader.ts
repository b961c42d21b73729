import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { HotLoader, HotSink } from "../hot-index/loader.ts";
import type { DatabaseConnection } from "./client.ts";
import { readTuples } from "./copy-tuples.ts";
import { type ChangePosition, snapshotXmin, unseenBy } from "./fingerprint-changes.ts";
import { openGuardingSession } from "./guarding-session.ts";
import { hotKey } from "./hot-keys.ts";
import { NEAR_TABLES, type NearTable } from "./near-strategy.ts";
import { forgetChangesToCome } from "./prune-changes.ts";

/** What the loader's thread is given. */
export interface HotLoaderData {
  readonly connection: DatabaseConnection;
  readonly wantsLsn: boolean;
}

/** Bytes of a row on its page, at least: its header, number, bits and place. */
const ROW_BYTES = 76;
const BATCH_ROWS = 16_384;
const BITS_BYTES = 32;
/** The bits travel behind their number, 4 bytes. */
const BITS_AT = 4;

/** Reads the searched tables, and what changed in them, over a connection of its own. Runs in the thread that holds them. */
export async function openHotLoader(data: unknown): Promise<HotLoader<ChangePosition>> {
  const { connection, wantsLsn } = data as HotLoaderData;
  const { client, guard, close } = await openGuardingSession(connection);
  await client.query("set enable_seqscan = on; set jit = off");
  await forgetChangesToCome(client);

  /** Runs `work` in one snapshot, and tells which. */
  async function inSnapshot(work: () => Promise<void>): Promise<ChangePosition> {
    await client.query("begin isolation level repeatable read, read only");
    // Before the snapshot: a table that is rewritten after it would be empty to it.
    await client.query(`lock table ${NEAR_TABLES.join(", ")} in access share mode`);
    const { rows } = await client.query<Omit<ChangePosition, "guard">>({
      text: `select pg_current_snapshot()::text as snapshot,
        case when $1::boolean then pg_current_wal_insert_lsn()::text end as lsn`,
      values: [wantsLsn],
    });
    await work();
    await client.query("commit");
    const [position] = rows;
    if (position === undefined) throw new Error("The database did not tell its snapshot");
    return { ...position, guard };
  }

  return {
    load: (sink, tables) =>
      inSnapshot(async () => {
        for (const table of tables) await loadTable(client, table as NearTable, sink);
      }),
    catchUp: (from, sink, reloaded) => inSnapshot(() => readChanges(client, from.snapshot, sink, reloaded)),
    close,
  };
}

async function loadTable(client: pg.Client, table: NearTable, sink: HotSink): Promise<void> {
  const { rows } = await client.query<{ bytes: string; parts: number; foreign: boolean }>(
    `select coalesce(sum(pg_relation_size(oid)), 0) as bytes, count(*)::int as parts, bool_or(relkind = 'f') as foreign
     from pg_class where oid = '${table}'::regclass or oid in (select relid from pg_partition_tree('${table}'))`,
  );
  const { bytes = "0", parts = 1, foreign = false } = rows[0] ?? {};
  // What other servers hold isn't told of by triggers here, and is more than memory has.
  if (!sink.begin(table, foreign ? Number.MAX_SAFE_INTEGER : Math.ceil(Number(bytes) / ROW_BYTES))) return;
  const owner = table.startsWith("entry") ? "entry_id" : "image_id";
  const keys = new Float64Array(BATCH_ROWS);
  const bits = new Uint8Array(BATCH_ROWS * BITS_BYTES);
  let filled = 0;
  let fits = true;
  // Rows are held by key, and keys of trimmed pictures come after all others.
  for (const variant of [0, 1] as const) {
    // Those of several partitions are merged by their keys' indexes sooner than sorted here.
    const rowsOf = `select ${owner}, bits from ${table} where variant = ${variant}${parts > 1 ? ` order by ${owner}` : ""}`;
    const stream = client.query(copyTo(`copy (${rowsOf}) to stdout (format binary)`));
    await readTuples(stream, (buffer, starts) => {
      if (!fits) return;
      const [ownerAt = 0, valueAt = 0] = starts;
      keys[filled] = hotKey(readNumber(buffer, ownerAt), variant);
      buffer.copy(bits, filled * BITS_BYTES, valueAt + BITS_AT, valueAt + BITS_AT + BITS_BYTES);
      filled += 1;
      if (filled === BATCH_ROWS) {
        fits = sink.add(table, keys, bits, filled);
        filled = 0;
      }
    });
    if (!fits) return;
  }
  if (filled > 0) fits = sink.add(table, keys, bits, filled);
  if (fits) sink.seal(table);
}

async function readChanges(
  client: pg.Client,
  since: string,
  sink: HotSink,
  reloaded: readonly string[],
): Promise<void> {
  if (!/^\d+:\d+:[\d,]*$/.test(since)) throw new RangeError(`Expected a snapshot but received ${since}`);
  const changes = `select source, owner, bits from fingerprint_change where ${unseenBy(`'${since}'`)} order by seq`;
  const stream = client.query(copyTo(`copy (${changes}) to stdout (format binary)`));
  let lost: string | undefined;
  await readTuples(stream, (buffer, starts, lengths) => {
    const [sourceAt = 0, ownerAt = 0, valueAt = 0] = starts;
    const source = buffer.toString("utf8", sourceAt, sourceAt + (lengths[0] ?? 0));
    const owner = lengths[1] === -1 ? null : readNumber(buffer, ownerAt);
    if (source === "pruned") {
      if (owner === null || BigInt(owner) > snapshotXmin(since))
        lost ??= "changes were forgotten before they were read";
    } else if (source !== "entry" && source !== "list") {
      if (owner !== null) sink.change(source, owner, lengths[2] === -1 ? null : bitsAt(buffer, valueAt));
      else if (!reloaded.includes(source)) lost ??= `${source} was emptied`;
    }
  });
  if (lost !== undefined) throw new Error(`The tables must be loaded anew: ${lost}`);
}

function readNumber(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 2 ** 32 + buffer.readUInt32BE(at + 4);
}

function bitsAt(buffer: Buffer, at: number): Uint8Array {
  return Uint8Array.from(buffer.subarray(at + BITS_AT, at + BITS_AT + BITS_BYTES));
}
