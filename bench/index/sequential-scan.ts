import pg from "pg";
import type { DatabaseConnection } from "../../src/db/client.ts";
import type { PerceptualKind } from "../../src/fingerprint/fingerprint.ts";
import type { Check } from "./checks.ts";
import type { Contender, Found } from "./contender.ts";
import { HASH_BYTES } from "./index-order.ts";

const AT = 31;

export interface SequentialScans {
  readonly contenders: readonly Contender[];
  /** The nodes of the parallel one's plan and its number of workers, in a line. */
  plan(): Promise<string>;
  close(): Promise<void>;
}

/**
 * PostgreSQL reading every row of the same table: in one process, and with what workers the planner gives of two.
 * @param probesMax most hashes in a check that it takes part in: each one more costs it a second at ten million rows
 */
export async function openSequentialScans(
  connection: DatabaseConnection,
  kind: PerceptualKind,
  limit: number,
  probesMax: number,
): Promise<SequentialScans> {
  const single = await connect(connection, 0);
  const parallel = await connect(connection, 2);
  const contender = (name: string, client: pg.Client): Contender => ({
    name,
    limit,
    exact: true,
    // It takes as long at any threshold.
    takesPart: ({ threshold, probes }) => threshold === AT && probes <= probesMax,
    search: (check) => find(client, kind, check, limit),
  });
  return {
    contenders: [contender("scan, 1 process", single), contender("scan, parallel", parallel)],
    async plan() {
      const check = { threshold: AT, hashes: [new Uint8Array(HASH_BYTES)] };
      const { rows } = await parallel.query(`explain (costs off) ${statement(kind, check)}`, parameters(check, limit));
      const lines: string[] = rows.map((row) => row["QUERY PLAN"].trim());
      return lines.filter((line) => /^(->|Workers|Limit)/.test(line)).join(" ");
    },
    async close() {
      await single.end();
      await parallel.end();
    },
  };
}

async function connect(connection: DatabaseConnection, workers: number): Promise<pg.Client> {
  const client = new pg.Client(connection);
  await client.connect();
  await client.query(
    `set jit = off; set enable_indexscan = off; set enable_bitmapscan = off;
     set max_parallel_workers_per_gather = ${workers}`,
  );
  return client;
}

async function find(client: pg.Client, kind: PerceptualKind, check: Check, limit: number): Promise<Found> {
  const { rows } = await client.query<{ owner: string; distance: number }>({
    name: `scan ${check.hashes.length}`,
    text: statement(kind, check),
    values: parameters(check, limit),
  });
  return { owners: rows.map(({ owner }) => Number(owner)), distances: rows.map(({ distance }) => distance) };
}

function statement(kind: PerceptualKind, { hashes }: Pick<Check, "hashes">): string {
  const distances = hashes.map((_, place) => `bit_count(bits # $${place + 3})`);
  const nearest = distances.length === 1 ? distances[0] : `least(${distances.join()})`;
  return `select entry_id as owner, ${nearest}::int4 as distance from entry_${kind} where ${nearest} <= $1
    order by distance, owner limit $2`;
}

function parameters({ threshold, hashes }: Pick<Check, "threshold" | "hashes">, limit: number): unknown[] {
  return [threshold, limit, ...hashes.map((hash) => `x${Buffer.from(hash).toString("hex")}`)];
}
