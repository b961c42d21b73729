import type { BuildFacts } from "./contender.ts";
import { type Measured, READ_ONCE } from "./measure.ts";
import { RELAXED } from "./product-facts.ts";
import type { RowKind } from "./row-kind.ts";

/** What was measured on rows of one kind. */
export interface KindResults {
  readonly kind: RowKind;
  readonly rows: number;
  readonly measured: readonly Measured[];
  readonly facts: readonly BuildFacts[];
  /** On the first tenth of the rows, threshold 31, one hash; empty where not measured. */
  readonly tenth: readonly Measured[];
}

export interface Goal {
  readonly goal: string;
  /** How the measured number is to compare with `wanted`. */
  readonly least: boolean;
  readonly wanted: number;
  readonly measured: number;
  readonly met: boolean;
}

const SQL = "SQL";
const HOT = "hot index";
const AT = 31;
const DUPLICATE_AT = 21;

/** Every goal that the results say something about. */
export function goalsOf(results: readonly KindResults[]): Goal[] {
  return results.flatMap((result) => [...searchGoals(result), ...(result.kind === "pdq" ? pdqGoals(result) : [])]);
}

type Value = "median" | "p99";

function reader({ measured, tenth }: KindResults) {
  const of = (rows: readonly Measured[], contender: string, threshold: number, probes: number) =>
    rows.find((row) => row.contender === contender && row.threshold === threshold && row.probes === probes);
  return {
    ms: (contender: string, value: Value = "median", threshold = AT, probes = 1) =>
      of(measured, contender, threshold, probes)?.[value],
    tenthMs: (contender: string) => of(tenth, contender, AT, 1)?.median,
    recall: (contender: string) => of(measured, contender, AT, 1)?.recall ?? undefined,
  };
}

/** For every kind of rows. */
function searchGoals(result: KindResults): Goal[] {
  const { kind, measured } = result;
  const { ms } = reader(result);
  const worst = (contender: string) =>
    measured
      .filter((row) => row.contender.startsWith(contender))
      .reduce((least, row) => Math.min(least, row.recall ?? 1), 1);
  const unanswered = measured
    .filter((row) => row.contender === HOT && row.threshold <= AT)
    .reduce((sum, row) => sum + row.unanswered, 0);
  const tail = kind === "blockhash" ? 15 : 4;
  return [
    ...atLeast(`${kind}: worst recall of SQL`, 1, worst("SQL")),
    ...atLeast(`${kind}: worst recall of the hot index`, 1, worst(HOT)),
    ...atMost(`${kind}: checks up to 31 bits that the hot index left to SQL`, 0, unanswered),
    ...atMost(`${kind}: SQL's p99 / its median`, tail, ratio(ms(SQL, "p99"), ms(SQL))),
  ];
}

function pdqGoals(result: KindResults): Goal[] {
  const { ms, tenthMs, recall } = reader(result);
  const fact = (name: string) => result.facts.find((known) => known.name === name);
  const hnsw = result.measured.filter((row) => row.contender.startsWith("hnsw") && row.threshold === AT);
  const reaching = (share: number) => hnsw.find((row) => (recall(row.contender) ?? 0) >= share)?.median;
  return [
    ...atLeast("parallel sequential scan / SQL", 100, ratio(ms("scan, parallel"), ms(SQL))),
    ...atLeast("sequential scan in one process / SQL", 160, ratio(ms("scan, 1 process"), ms(SQL))),
    ...atMost(
      "duplicate within 21 bits / SQL at 31 bits",
      0.2,
      ratio(ms("SQL, nearest only", "median", DUPLICATE_AT), ms(SQL)),
    ),
    ...atMost("SQL / HNSW where it finds half", 1, ratio(ms(SQL), reaching(0.5))),
    ...atLeast("HNSW where it finds 0.9 / SQL", 5, ratio(reaching(0.9), ms(SQL))),
    ...atLeast("SQL / hot index", 40, ratio(ms(SQL), ms(HOT))),
    ...atLeast("reading the bytes once / hot index", 50, ratio(ms(READ_ONCE), ms(HOT))),
    ...atMost("the hot index's p99 / its median", 5, ratio(ms(HOT, "p99"), ms(HOT))),
    ...atLeast("rows a second built into the hot index", 2_000_000, fact(HOT)?.rowsPerSecond),
    ...atMost("16 hashes / 1 hash, SQL", 10, ratio(ms(SQL, "median", AT, 16), ms(SQL))),
    ...atMost("16 hashes / 1 hash, hot index", 8, ratio(ms(HOT, "median", AT, 16), ms(HOT))),
    ...atMost("all rows / a tenth of them, SQL", 3, ratio(ms(SQL), tenthMs(SQL))),
    ...atMost("all rows / a tenth of them, hot index", 3, ratio(ms(HOT), tenthMs(HOT))),
    ...atLeast("single inserts a second, each waiting for the disk", 2000, fact("SQL")?.insertsPerSecond),
    ...atLeast("single inserts a second, synchronous_commit off", 2000, fact(RELAXED)?.insertsPerSecond),
    ...atLeast("rows a second loaded in bulk", 150_000, fact("SQL")?.rowsPerSecond),
  ];
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b;
}

function atLeast(goal: string, wanted: number, measured: number | undefined): Goal[] {
  return measured === undefined ? [] : [{ goal, least: true, wanted, measured, met: measured >= wanted }];
}

function atMost(goal: string, wanted: number, measured: number | undefined): Goal[] {
  return measured === undefined ? [] : [{ goal, least: false, wanted, measured, met: measured <= wanted }];
}
