import { openDatabase } from "../../src/db/client.ts";
import { quietLogger } from "../../test/support/database.ts";
import type { BenchDatabase } from "./bench-database.ts";
import { openBkTree } from "./bk-tree.ts";
import { bruteForce } from "./brute-force.ts";
import { bulkLoad } from "./bulk-load.ts";
import { type Cell, type Check, makeChecks } from "./checks.ts";
import type { BuildFacts, Contender } from "./contender.ts";
import type { Corpus } from "./corpus.ts";
import { drawRows } from "./draw-rows.ts";
import type { KindResults } from "./goals.ts";
import { openHotIndex } from "./hot.ts";
import { HASH_BYTES } from "./index-order.ts";
import { type Measured, measureCell, percentile } from "./measure.ts";
import type { BenchOptions } from "./options.ts";
import { openHnsw, openIvfflat, type PeerIndex } from "./pgvector.ts";
import { probingPlans } from "./plan-shape.ts";
import { MORE_ROWS, productFacts } from "./product-facts.ts";
import { productSql } from "./product-sql.ts";
import { progress, timed } from "./progress.ts";
import { hashKindOf, type RowKind } from "./row-kind.ts";
import { openSequentialScans } from "./sequential-scan.ts";
import { rowStatistics } from "./statistics.ts";

const SEED = 20_251;
const SERVICE = { poolSize: 2, logger: quietLogger, applicationName: "bench", statementTimeoutMs: 0 };
/** Goals are set at this threshold, so more time is given to it. */
const GOAL: Cell = { threshold: 31, probes: 1 };
const GOAL_TIMES = 3;
/** Rows of this kind are also searched while there is a tenth of them. */
const GROWTH_KIND: RowKind = "pdq";
/** "Is it a duplicate": only the service's own ways are asked. */
const DUPLICATE: Cell = { threshold: 21, probes: 1 };

/** Loads rows of one kind, lets all contenders search them, and removes them. */
export async function measureKind(
  bench: BenchDatabase,
  corpus: Corpus,
  kind: RowKind,
  options: BenchOptions,
): Promise<KindResults> {
  const { client, connection } = bench;
  const { rows, limit } = options;
  const hashKind = hashKindOf(kind);
  const table = `entry_${hashKind}`;
  const closers: (() => Promise<void>)[] = [];
  await timed(`drew ${rows} rows`, () => corpus.generate(kind, SEED));
  const { correlation, chunkEntropy } = rowStatistics(hashKind, corpus.rows);
  console.log(
    `${kind}: mean |r| between bits ${correlation.toFixed(4)}, collision entropy of 16 neighbouring bits ${chunkEntropy.toFixed(1)} bits`,
  );
  try {
    const tenth = kind === GROWTH_KIND ? await measureTenth(bench, corpus, kind, options) : [];
    const load = await bulkLoad(client, table, corpus.rows);
    const inserts = new Uint8Array(MORE_ROWS * HASH_BYTES);
    drawRows(corpus.drawing, { kind, seed: SEED - 1 }, inserts);
    const facts: BuildFacts[] = await productFacts(client, table, rows, load, inserts);
    const database = await openDatabase(connection, SERVICE);
    closers.push(database.close);
    for (const line of await probingPlans(database, hashKind)) console.log(`plan of ${line}`);
    const hot = await openHotIndex(connection, table, rows, options.hotBytes);
    closers.push(hot.close);
    facts.push(hot.facts);
    const peers = await openPeers(kind, { connection, table, rows, limit, inserts }, options);
    for (const peer of peers) {
      closers.push(peer.close);
      facts.push(peer.facts);
    }
    const scans = await openSequentialScans(connection, hashKind, limit, options.peerKinds.includes(kind) ? 16 : 1);
    closers.push(scans.close);
    console.log(`plan of the parallel scan: ${await scans.plan()}`);
    const product = productSql({ database, client, kind: hashKind, limit, hot: hot.index });
    const contenders = [...product, hot.contender, ...peers.flatMap(({ contenders }) => contenders)];
    contenders.push(...scans.contenders, ...bruteForce(corpus, limit));
    const wanted = contenders.filter(({ name }) => options.contenders?.some((start) => name.startsWith(start)) ?? true);
    const measured = await measureCells(corpus, kind, wanted, new Set([...product, hot.contender]), options);
    return { kind, rows, measured, facts, tenth };
  } finally {
    for (const close of closers) await close();
    await client.query(`truncate ${table}; drop table if exists peer_hnsw, peer_ivfflat, peer_bk_tree`);
  }
}

/** The service's own searches of the first tenth of the rows, to see how their cost grows. */
async function measureTenth(
  { client, connection }: BenchDatabase,
  corpus: Corpus,
  kind: RowKind,
  options: BenchOptions,
): Promise<Measured[]> {
  const hashKind = hashKindOf(kind);
  const table = `entry_${hashKind}`;
  const rows = Math.floor(options.rows / 10);
  await bulkLoad(client, table, corpus.rows.subarray(0, rows * HASH_BYTES));
  const database = await openDatabase(connection, SERVICE);
  const hot = await openHotIndex(connection, table, rows, options.hotBytes);
  try {
    const product = productSql({ database, client, kind: hashKind, limit: options.limit, hot: hot.index });
    const part = { ...corpus, count: rows };
    const checks = makeChecks(part, kind, GOAL, options.queries, SEED);
    const truth = await corpus.tally(checks, rows);
    return await measureCell(part, GOAL, checks, truth, [...product, hot.contender], options.cellSeconds);
  } finally {
    await hot.close();
    await database.close();
    await client.query(`truncate ${table}`);
  }
}

async function measureCells(
  corpus: Corpus,
  kind: RowKind,
  contenders: readonly Contender[],
  own: ReadonlySet<Contender>,
  options: BenchOptions,
): Promise<Measured[]> {
  const cells = options.probes.flatMap((probes) => options.thresholds.map((threshold) => ({ threshold, probes })));
  const measured: Measured[] = [];
  for (const cell of [...cells, DUPLICATE]) {
    const count = checkCount(cell, options.queries);
    const checks = makeChecks(corpus, kind, cell, count, SEED + cell.threshold * 100 + cell.probes);
    const { result: truth } = await timed(`compared ${count} checks with all rows`, () => corpus.tally(checks));
    tellMatches(cell, checks, truth);
    const seconds = options.cellSeconds * (cell.threshold === GOAL.threshold ? GOAL_TIMES : 1);
    const asked = contenders.filter(
      (contender) => contender.takesPart(cell) && (cell !== DUPLICATE || own.has(contender)),
    );
    measured.push(...(await measureCell(corpus, cell, checks, truth, asked, seconds)));
  }
  return measured;
}

/** Brute force must know the answers, so all but the most important cell have fewer checks. */
function checkCount({ threshold, probes }: Cell, queries: number): number {
  const fewer = (threshold === GOAL.threshold ? 1 : 2) * (probes === GOAL.probes ? 1 : 20) * (threshold > 31 ? 3 : 1);
  return Math.max(20, Math.round(queries / fewer));
}

function tellMatches({ threshold, probes }: Cell, checks: readonly Check[], truth: readonly Uint32Array[]): void {
  const totals = truth.map((rows) => rows.reduce((a, b) => a + b, 0)).sort((a, b) => a - b);
  const [median, p90, p99] = [0.5, 0.9, 0.99].map((share) => percentile(totals, share));
  console.log(
    `${checks.length} checks of ${probes} within ${threshold} bits: matches median ${median}, p90 ${p90}, p99 ${p99}, most ${totals.at(-1)}`,
  );
}

async function openPeers(
  kind: RowKind,
  setting: Parameters<typeof openHnsw>[0],
  options: BenchOptions,
): Promise<PeerIndex[]> {
  const peers: PeerIndex[] = [];
  const attempt = async (name: string, most: number, open: (s: typeof setting) => Promise<PeerIndex | null>) => {
    if (options.contenders?.some((start) => start.startsWith(name)) === false) return;
    if (setting.rows > most) {
      progress(`${name} left out: more than ${most} rows`);
      return;
    }
    const peer = await open(setting);
    if (peer !== null) peers.push(peer);
  };
  if (!options.peerKinds.includes(kind)) return peers;
  await attempt("hnsw", options.hnswRows, openHnsw);
  await attempt("ivfflat", options.ivfflatRows, openIvfflat);
  await attempt("BK-tree", options.bkTreeRows, openBkTree);
  return peers;
}
