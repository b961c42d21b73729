import type pg from "pg";
import type { Database } from "../../src/db/client.ts";
import { nearestEntry, searchEntries } from "../../src/db/near-search.ts";
import type { HotView } from "../../src/db/near-view.ts";
import type { Look, PerceptualKind } from "../../src/fingerprint/fingerprint.ts";
import { MATCH_TRANSFORMS } from "../../src/fingerprint/transform.ts";
import type { HotIndex } from "../../src/hot-index/hot-index.ts";
import type { Cell, Check } from "./checks.ts";
import type { Contender, Found } from "./contender.ts";
import { FOUND_MAX } from "./hot.ts";

export interface ProductSql {
  /** Opened when the rows were there already: the service keeps sizes and statistics for a while. */
  readonly database: Database;
  readonly client: pg.Client;
  readonly kind: PerceptualKind;
  readonly limit: number;
  /** Holds the same rows. */
  readonly hot: HotIndex<unknown>;
}

/** The service's own searches of list entries: from the table, for the nearest alone, and with candidates from memory. */
export function productSql(setting: ProductSql): Contender[] {
  const { database, limit } = setting;
  const own = { exact: true, prepare: ({ threshold }: Cell) => setThresholds(setting.client, threshold) };
  return [
    {
      ...own,
      name: "SQL",
      thorough: true,
      limit,
      takesPart: () => true,
      async search(check) {
        return foundOf(await searchEntries(database, { ...searchOf(setting, check), limit }));
      },
    },
    {
      ...own,
      name: "SQL, nearest only",
      limit: 1,
      takesPart: ({ probes }) => probes === 1,
      async search(check) {
        const nearest = await nearestEntry(database, searchOf(setting, check));
        return foundOf(nearest === null ? [] : [nearest]);
      },
    },
    {
      ...own,
      name: "memory, then SQL",
      limit,
      takesPart: () => true,
      async search(check) {
        const view = viewOf(setting.hot, check.threshold);
        return foundOf(await searchEntries(database, { ...searchOf(setting, check), limit, view }));
      },
    },
  ];
}

async function setThresholds(client: pg.Client, threshold: number): Promise<void> {
  await client.query("update list set pdq_threshold = $1, blockhash_threshold = $1", [threshold]);
}

function searchOf({ kind }: ProductSql, { hex, threshold }: Check): Omit<Parameters<typeof searchEntries>[1], "limit"> {
  const looks = hex.map((hash, place): Look => {
    return { transform: MATCH_TRANSFORMS[place] ?? "identity", pdq: null, blockhash: null, [kind]: hash };
  });
  return {
    looks,
    neural: null,
    match: null,
    comparableVersions: [],
    listIds: null,
    expectedReach: { pdq: threshold, blockhash: threshold, neural: -1 },
  };
}

function foundOf(matches: Awaited<ReturnType<typeof searchEntries>>): Found {
  return { owners: matches.map(({ entryId }) => Number(entryId)), distances: matches.map(({ distance }) => distance) };
}

/** Candidates from memory, as the service takes them, without what follows the changes: nothing changes here. */
function viewOf(hot: HotIndex<unknown>, threshold: number): HotView {
  return {
    widest: { pdq: threshold, blockhash: threshold, neural: -1, neuralAny: -1 },
    async near(table, hashes, within) {
      const bits = hashes.map((hash) => Uint8Array.from(Buffer.from(hash.slice(1), "hex")));
      const found = await hot.search(table, bits, within, FOUND_MAX);
      return found === null ? null : Array.from(found.owners);
    },
  };
}
