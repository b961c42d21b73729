// Probing the chunk indexes beside reading every row: the same search both ways, interleaved, in one run.
// `DATABASE_URL=postgres://... npx tsx bench/near-search.ts [rows ...]`; it makes and drops a database of its own.
import { randomBytes } from "node:crypto";
import pg from "pg";
import { openDatabase } from "../src/db/client.ts";
import { migrateDatabase } from "../src/db/migrate.ts";
import { searchEntries } from "../src/db/near-search.ts";
import { cheaperStrategy, type NearStrategy } from "../src/db/near-strategy.ts";
import { probeCount } from "../src/fingerprint/chunks.ts";
import { TRANSFORMS } from "../src/fingerprint/transform.ts";

const SEARCHES = 15;
const logger = { info() {}, warn() {}, error() {} };

const serverUrl = process.env.DATABASE_URL;
if (serverUrl === undefined) throw new Error("Expected DATABASE_URL to name a server where a database may be created");
const sizes = process.argv.slice(2).map(Number);
const name = `lookalike_bench_${randomBytes(6).toString("hex")}`;
const url = new URL(serverUrl);
url.pathname = `/${name}`;
await execute(serverUrl, `create database ${name}`);
try {
  await migrateDatabase({ connectionString: url.href }, { logger });
  await compare(url.href, sizes.length > 0 ? sizes : [1_000, 10_000, 30_000, 100_000, 200_000]);
} finally {
  await execute(serverUrl, `drop database ${name} with (force)`);
}

async function compare(databaseUrl: string, rowCounts: readonly number[]): Promise<void> {
  await execute(
    databaseUrl,
    "insert into list (name, kind, action, pdq_threshold, blockhash_threshold) values ('bench', 'disallow', 'block', 256, 0)",
  );
  const cells = ["rows", "hashes", "threshold", "probes", "probe ms", "scan ms", "scan / probe", "chosen"];
  console.log(cells.map((cell) => cell.padStart(12)).join(""));
  let filled = 0;
  for (const rows of rowCounts) {
    await fill(databaseUrl, filled, rows);
    filled = rows;
    for (const hashes of [1, 8]) {
      for (const threshold of [10, 16, 31, 40]) await compareOne(databaseUrl, rows, hashes, threshold);
    }
  }
}

async function compareOne(databaseUrl: string, rows: number, hashes: number, threshold: number): Promise<void> {
  await execute(databaseUrl, `update list set pdq_threshold = ${threshold}`);
  const options = { poolSize: 1, logger, applicationName: "lookalike bench" };
  const database = await openDatabase({ connectionString: databaseUrl }, options);
  const times: Record<NearStrategy, number[]> = { probe: [], scan: [] };
  try {
    for (let i = -2; i < SEARCHES; i++) {
      const looks = TRANSFORMS.slice(0, hashes).map((transform) => ({
        transform,
        pdq: randomBytes(32).toString("hex"),
        blockhash: null,
      }));
      for (const strategy of ["probe", "scan"] as const) {
        const start = performance.now();
        await searchEntries(database, {
          looks,
          neural: null,
          match: null,
          comparableVersions: [],
          listIds: null,
          expectedReach: { pdq: threshold, blockhash: 0, neural: -1 },
          limit: 100,
          strategy,
        });
        if (i >= 0) times[strategy].push(performance.now() - start);
      }
    }
  } finally {
    await database.close();
  }
  const [probe, scan] = [median(times.probe), median(times.scan)];
  const cells = [rows, hashes, threshold, hashes * probeCount(threshold), probe.toFixed(2), scan.toFixed(2)];
  cells.push((scan / probe).toFixed(2), cheaperStrategy(rows, hashes, threshold));
  console.log(cells.map((cell) => String(cell).padStart(12)).join(""));
}

/** Uniform hashes: what the index order makes of real ones, nearly. */
async function fill(databaseUrl: string, from: number, to: number): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    await client.query(
      `insert into entry (list_id, identity, source, detail, created_by)
       select 1, int8send(i), 'hashes', 'sufficient', 'bench' from generate_series($1::int8, $2::int8) as i`,
      [from + 1, to],
    );
    await client.query(
      `insert into entry_pdq select id,
         (('x' || md5(id::text || 'a') || md5(id::text || 'b'))::bit(256)) from entry where id > $1 and id <= $2`,
      [from, to],
    );
    await client.query("vacuum analyze entry, entry_pdq");
  } finally {
    await client.end();
  }
}

async function execute(databaseUrl: string, statement: string): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
