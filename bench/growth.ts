// One PostgreSQL beside three that hold the same fingerprints as foreign partitions: the same answers, and what they cost.
// `npx tsx bench/growth.ts [--rows 3000000] [--queries 200] [--programs 18]`; it starts and removes servers of its own.
import { deepStrictEqual, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { type Database, openDatabase } from "../src/db/client.ts";
import { insertEntry } from "../src/db/entries.ts";
import { searchImagesByOneHash } from "../src/db/near-images.ts";
import { fromIndexBits, type IndexBits, toIndexBits } from "../src/fingerprint/bit-order.ts";
import { TRANSFORMS } from "../src/fingerprint/transform.ts";
import { quietLogger } from "../test/support/database.ts";
import { execute } from "../test/support/foreign-layout.ts";
import { findServerPrograms, type LoopbackServer, type ServerPrograms } from "../test/support/loopback-server.ts";
import { COMPARABLE_VERSIONS, flipSome, randomHash, searchAll, seededRandom } from "../test/support/near-corpus.ts";
import { genericPlan, sentStatements } from "../test/support/near-plans.ts";
import { startFilledServers } from "./growth-servers.ts";

const PARTS = 3;
const ENTRIES_SHARE = 10;
const INSERTS = 300;

const { values: given } = parseArgs({
  options: {
    rows: { type: "string", default: "3000000" },
    queries: { type: "string", default: "200" },
    programs: { type: "string", default: "" },
  },
});
const rows = Number(given.rows);
const entries = Math.ceil(rows / ENTRIES_SHARE);
const queries = Number(given.queries);
const random = seededRandom(5);
const programs = (await findServerPrograms()).find(({ version }) => version.includes(` ${given.programs}`));
if (programs === undefined) throw new Error(`Expected server programs of PostgreSQL ${given.programs} but found none`);

const servers: LoopbackServer[] = [];
const databases: Database[] = [];
try {
  await compare(programs);
} finally {
  for (const database of databases) await database.close();
  for (const server of servers) await server.remove();
}

async function compare(programs: ServerPrograms): Promise<void> {
  say(`${programs.version}, ${rows} rows of image_pdq, ${entries} of entry_pdq`);
  const urls = await startFilledServers(programs, servers, { images: rows, entries, parts: PARTS }, say);
  const one = await open(urls.single);
  const three = await open(urls.coordinator);
  const alone = await Promise.all(urls.parts.map(open));
  await requireAsyncPlans(three);
  await describeSize(urls.single);
  await timeSearches(one, three, alone);
  await timeInserts(one, three);
}

function say(line: string): void {
  console.log(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${line}`);
}

async function open(connectionString: string): Promise<Database> {
  const options = { poolSize: 2, logger: quietLogger, applicationName: "lookalike bench" };
  const database = await openDatabase({ connectionString }, options);
  databases.push(database);
  return database;
}

async function requireAsyncPlans(three: Database): Promise<void> {
  const client = await three.searchPool.connect();
  try {
    for (const statement of await sentStatements(three, "probe")) {
      const scans = (await genericPlan(client, statement)).filter((node) => node["Relation Name"]?.includes("_at_"));
      ok(scans.length >= PARTS && scans.every((scan) => scan["Async Capable"] === true && scan.Filter === undefined));
    }
  } finally {
    client.release();
  }
  say("every search is sent whole to all servers at once (Async Foreign Scan without a filter of its own)");
}

async function describeSize(url: string): Promise<void> {
  const { rows: sizes } = await execute(
    url,
    "select pg_relation_size('image_pdq') as heap, pg_indexes_size('image_pdq') as indexes",
  );
  const perRow = (bytes: string) => (Number(bytes) / rows).toFixed(0);
  say(`bytes a row: ${perRow(sizes[0].heap)} heap, ${perRow(sizes[0].indexes)} indexes`);
}

/** Half of them are a stored row with up to 31 bits turned over, half belong to nothing. */
function someHashes(stored: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % 2 === 1) return randomHash(random);
    const row = 1 + Math.floor(random() * stored);
    const bits: IndexBits = `x${md5(`${row}a`)}${md5(`${row}b`)}`;
    return flipSome(fromIndexBits("pdq", bits), (i >> 1) % 32, random);
  });
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

interface Kind {
  readonly name: string;
  /** Queries. */
  readonly count: number;
  /** Rows to plant queries near. */
  readonly stored: number;
  search(database: Database, hash: string): Promise<readonly unknown[]>;
  readonly alone: boolean;
}

async function timeSearches(one: Database, three: Database, alone: readonly Database[]): Promise<void> {
  const byOne = (threshold: number): Kind => ({
    name: `images by one hash, ${threshold} bits`,
    count: queries,
    stored: rows,
    alone: true,
    search: (database, hash) =>
      searchImagesByOneHash(database, {
        kind: "pdq",
        hash,
        threshold,
        comparableVersions: COMPARABLE_VERSIONS,
        limit: 100,
        strategy: "probe",
      }),
  });
  const byEntries = (hashes: number): Kind => ({
    name: `entries by ${hashes} hash(es), 31 bits`,
    count: Math.ceil(queries / hashes),
    stored: entries,
    alone: false,
    search: (database, hash) => {
      const looks = TRANSFORMS.slice(0, hashes).map((transform, i) => ({
        transform,
        pdq: i === 0 ? hash : randomHash(seededRandom(i)),
        blockhash: null,
      }));
      return searchAll(database, looks, 31, "probe", { limit: 100 });
    },
  });
  console.log(
    "\n| search | queries | answers | one server ms | three servers ms | three / one | each of the three alone ms |\n|---|---|---|---|---|---|---|",
  );
  for (const kind of [byOne(10), byOne(21), byOne(31), byEntries(1), byEntries(8)]) {
    await timeSearch(kind, one, three, kind.alone ? alone : []);
  }
}

async function timeSearch(kind: Kind, one: Database, three: Database, alone: readonly Database[]): Promise<void> {
  const hashes = someHashes(kind.stored, kind.count);
  const asked = [one, three, ...alone];
  const times = asked.map((): number[] => []);
  let answers = 0;
  for (const [i, hash] of hashes.entries()) {
    const found: (readonly unknown[])[] = [];
    for (const [place, database] of asked.entries()) {
      const start = performance.now();
      found.push(await kind.search(database, hash));
      if (i >= 5) times[place]?.push(performance.now() - start);
    }
    deepStrictEqual(found[1], found[0]);
    answers += found[0]?.length ?? 0;
  }
  const [single = Number.NaN, spread = Number.NaN, ...each] = times.map(median);
  const cells = [kind.name, hashes.length, answers, single.toFixed(2), spread.toFixed(2), (spread / single).toFixed(2)];
  console.log(`| ${[...cells, each.map((ms) => ms.toFixed(2)).join(", ")].join(" | ")} |`);
}

async function timeInserts(one: Database, three: Database): Promise<void> {
  const rates: string[] = [];
  for (const database of [one, three]) {
    await database.pool.query(`select setval('entry_id_seq', ${entries + 1})`);
    const start = performance.now();
    for (let i = 0; i < INSERTS; i++) {
      const pdq = randomHash(random);
      const bits = [{ kind: "pdq", variant: 0, bits: toIndexBits("pdq", pdq) }] as const;
      const identity = `ff${i.toString(16).padStart(62, "0")}`;
      const fields = { listId: 1n, identity, source: "hashes", pdq, detail: "sufficient", createdBy: "bench" } as const;
      const event = () => ({ actor: "bench", action: "entry.create", subject: "entry", details: {} });
      const added = await insertEntry(database, fields, bits, event);
      ok(added?.outcome === "created");
    }
    rates.push((INSERTS / ((performance.now() - start) / 1000)).toFixed(0));
  }
  console.log(`\nEntries added a second, one after the other: one server ${rates[0]}, three servers ${rates[1]}`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
