import type { Database } from "../../src/db/client.ts";
import { CHUNK_WIDTHS } from "../../src/fingerprint/chunks.ts";
import type { Look, PerceptualKind } from "../../src/fingerprint/fingerprint.ts";
import { searchAll } from "../../test/support/near-corpus.ts";
import { genericPlan, type SentStatement } from "../../test/support/near-plans.ts";

/**
 * The plans of the service's searches on the table as it is, a line each.
 * @throws Error where one is not a bitmap scan over all chunk indexes of the searched table
 */
export async function probingPlans(database: Database, kind: PerceptualKind): Promise<string[]> {
  const table = `entry_${kind}`;
  const client = await database.searchPool.connect();
  try {
    const lines = new Set<string>();
    for (const statement of await sentSearches(database, kind)) {
      const nodes = await genericPlan(client, statement);
      const indexes = new Set(nodes.flatMap((node) => node["Index Name"] ?? []));
      const chunks = CHUNK_WIDTHS.filter((_, chunk) => indexes.has(`${table}_chunk_${chunk}`));
      const types = nodes.map((node) => node["Node Type"]);
      const read = nodes.filter((node) => node["Node Type"] === "Seq Scan").map((node) => node["Relation Name"]);
      if (!types.includes("BitmapOr") || chunks.length !== CHUNK_WIDTHS.length || read.includes(table)) {
        throw new Error(`Expected ${statement.name} to probe all chunk indexes but its plan is ${types.join()}`);
      }
      lines.add(`${statement.name}: Bitmap Heap Scan of a BitmapOr over ${chunks.length} chunk indexes`);
    }
    return [...lines];
  } finally {
    client.release();
  }
}

async function sentSearches(database: Database, kind: PerceptualKind): Promise<SentStatement[]> {
  const sent: SentStatement[] = [];
  const searchPool = new Proxy(database.searchPool, {
    get(pool, property) {
      if (property !== "query") return Reflect.get(pool, property, pool);
      return (statement: SentStatement) => {
        if (statement.text.includes("substring(bits")) sent.push(statement);
        return pool.query({ ...statement, values: [...(statement.values ?? [])] });
      };
    },
  });
  for (const count of [1, 16]) {
    const looks = Array.from({ length: count }, (): Look => {
      return { transform: "identity", pdq: null, blockhash: null, [kind]: "5a".repeat(32) };
    });
    await searchAll({ searchPool }, looks, 31, "probe", { limit: 10 });
  }
  return sent;
}
