import type { PoolClient } from "pg";
import type { Database } from "../../src/db/client.ts";
import { searchImages, searchImagesByOneHash } from "../../src/db/near-images.ts";
import type { NearDatabase } from "../../src/db/near-source.ts";
import { NEAR_TABLES, type NearStrategy, type NearTable } from "../../src/db/near-strategy.ts";
import { MATCH_TRANSFORMS } from "../../src/fingerprint/transform.ts";
import { COMPARABLE_VERSIONS, neuralOf, randomHash, searchAll, seededRandom } from "./near-corpus.ts";

/** A search as it reaches the server. */
export interface SentStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  /** Where it was executed. */
  readonly "Actual Loops"?: number;
  readonly "Async Capable"?: boolean;
  readonly "Remote SQL"?: string;
  readonly Filter?: string;
  readonly Plans?: readonly PlanNode[];
}

/** The statements of a search by entries (sixteen looks and a neural hash), by images, and by one hash of each kind. */
export async function sentStatements(database: Database, strategy: NearStrategy): Promise<SentStatement[]> {
  const sent: SentStatement[] = [];
  const searchPool = new Proxy(database.searchPool, {
    get(pool, property) {
      if (property !== "query") return Reflect.get(pool, property, pool);
      return (statement: SentStatement) => {
        if (!statement.name.startsWith("near_table_")) sent.push(statement);
        return pool.query({ ...statement, values: [...(statement.values ?? [])] });
      };
    },
  });
  const near: NearDatabase = { searchPool };
  const hash = randomHash(seededRandom(4));
  const looks = MATCH_TRANSFORMS.map((transform) => ({ transform, pdq: hash, blockhash: hash }));
  const thresholds = { pdq: 31, blockhash: 31 };
  const neural = neuralOf("a", hash);
  await searchAll(near, looks, 31, strategy, { neural, match: "robust", limit: 10 });
  await searchImages(near, { looks, thresholds, comparableVersions: COMPARABLE_VERSIONS, strategy });
  for (const kind of ["pdq", "blockhash"] as const) {
    const one = { kind, hash, threshold: 31, limit: 10, comparableVersions: COMPARABLE_VERSIONS };
    await searchImagesByOneHash(near, { ...one, strategy });
  }
  return sent;
}

/** The tables that the statement searches that way, as its name says. */
export function searchedTables({ name }: SentStatement, how: NearStrategy | "given"): NearTable[] {
  const ofEntries = name.startsWith("near_entries_");
  return NEAR_TABLES.filter((table) => {
    const kind = table.replace("entry_", "");
    return ofEntries ? table !== kind && name.includes(`_${kind}_${how}`) : name.includes(`_${table}_${how}`);
  });
}

/** All nodes of the plan by which the statement was just executed. */
export async function executedPlan(client: PoolClient, { text, values }: SentStatement): Promise<PlanNode[]> {
  const { rows } = await client.query(`explain (analyze, verbose, format json) ${text}`, [...values]);
  return nodesOf(rows[0]["QUERY PLAN"][0].Plan);
}

/** All nodes of the plan that this session makes for the statement, whatever the values. */
export async function genericPlan(client: PoolClient, { text, values }: SentStatement): Promise<PlanNode[]> {
  await client.query(`prepare planned as ${text}`);
  try {
    const nulls = values.map(() => "null").join(", ");
    const { rows } = await client.query(`explain (verbose, format json) execute planned (${nulls})`);
    return nodesOf(rows[0]["QUERY PLAN"][0].Plan);
  } finally {
    await client.query("deallocate planned");
  }
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
