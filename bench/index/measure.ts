import { readOnce } from "./brute-force.ts";
import type { Cell, Check } from "./checks.ts";
import type { Contender, Found } from "./contender.ts";
import type { Corpus } from "./corpus.ts";
import { progress } from "./progress.ts";
import { distancesOf, expectedOf, recallOf } from "./recall.ts";

/** What one contender did with the checks of one cell; times in milliseconds. */
export interface Measured extends Cell {
  readonly contender: string;
  readonly queries: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  /** Mean over the checks with anything to find of the share that was found; null where there was nothing to find. */
  readonly recall: number | null;
  /** Checks that it left to another way. */
  readonly unanswered: number;
}

export const READ_ONCE = "reading the bytes once";

const ROUNDS = 6;
const WARM_UPS = 3;
const FEWEST_QUERIES = 4;
/** How much longer than others a thorough contender may take. */
const THOROUGH_TIMES = 5;
/** A search that is slower isn't repeated to warm up before each round. */
const WARM_UP_MS = 100;

interface Turn {
  readonly contender: Contender;
  readonly queries: number;
  readonly quick: boolean;
  readonly times: number[];
  readonly recalls: number[];
  unanswered: number;
}

/**
 * All contenders make the same checks, in rounds: each a share of its checks, then the next one. A slow contender makes as
 * many of them as fit into `seconds`.
 *
 * @param truth for each check, the number of rows at each distance
 */
export async function measureCell(
  corpus: Corpus,
  cell: Cell,
  checks: readonly Check[],
  truth: readonly Uint32Array[],
  contenders: readonly Contender[],
  seconds: number,
): Promise<Measured[]> {
  const turns: Turn[] = [];
  for (const contender of contenders) {
    const budgetMs = 1000 * seconds * (contender.thorough === true ? THOROUGH_TIMES : 1);
    turns.push(await warmUp(corpus, contender, cell, checks, truth, budgetMs));
  }
  const reads: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    reads.push(readOnce(corpus));
    for (const turn of turns) await takeTurn(corpus, turn, cell, checks, truth, round);
  }
  const read = summary(READ_ONCE, cell, reads, [], 0);
  const measured = [
    ...turns.map((turn) => summary(turn.contender.name, cell, turn.times, turn.recalls, turn.unanswered)),
  ];
  for (const { contender, queries, median } of measured) {
    progress(
      `threshold ${cell.threshold}, ${cell.probes} hash(es), ${contender}: ${median.toFixed(3)} ms (${queries} queries)`,
    );
  }
  return [...measured, read];
}

/** Where a single search takes more than the time there is, it is measured, and no other. */
async function warmUp(
  corpus: Corpus,
  contender: Contender,
  cell: Cell,
  checks: readonly Check[],
  truth: readonly Uint32Array[],
  budgetMs: number,
): Promise<Turn> {
  await contender.prepare?.(cell);
  const turn = { contender, queries: 0, quick: false, times: [], recalls: [], unanswered: 0 };
  let took = Number.POSITIVE_INFINITY;
  for (let i = checks.length - WARM_UPS; i < checks.length; i++) {
    const check = checks[i] as Check;
    const start = performance.now();
    const found = await contender.search(check);
    const ms = performance.now() - start;
    took = Math.min(took, ms);
    if (ms > budgetMs) {
      const only: Turn = { ...turn, times: [ms] };
      note(corpus, only, check, truth[i] as Uint32Array, found);
      return only;
    }
    if (ms > WARM_UP_MS) break;
  }
  const queries = Math.min(checks.length, Math.max(FEWEST_QUERIES, Math.floor(budgetMs / took)));
  return { ...turn, queries, quick: took < WARM_UP_MS };
}

async function takeTurn(
  corpus: Corpus,
  turn: Turn,
  cell: Cell,
  checks: readonly Check[],
  truth: readonly Uint32Array[],
  round: number,
): Promise<void> {
  const { contender, queries, quick } = turn;
  const [from, to] = [Math.floor((queries * round) / ROUNDS), Math.floor((queries * (round + 1)) / ROUNDS)];
  if (from === to) return;
  await contender.prepare?.(cell);
  if (quick) for (const check of checks.slice(-WARM_UPS)) await contender.search(check);
  for (let i = from; i < to; i++) {
    const check = checks[i] as Check;
    const start = performance.now();
    const found = await contender.search(check);
    turn.times.push(performance.now() - start);
    note(corpus, turn, check, truth[i] as Uint32Array, found);
  }
}

function note(corpus: Corpus, turn: Turn, check: Check, truth: Uint32Array, found: Found | null): void {
  if (found === null) {
    turn.unanswered++;
    return;
  }
  const distances = distancesOf(corpus, check, found);
  const expected = expectedOf(truth, turn.contender.limit);
  const recall = recallOf(expected, distances);
  if (turn.contender.exact && (recall ?? 1) < 1) {
    progress(`MISSED: ${turn.contender.name} found ${recall} of what is within ${check.threshold} bits`);
  }
  if (recall !== null) turn.recalls.push(recall);
}

function summary(
  contender: string,
  cell: Cell,
  times: readonly number[],
  recalls: readonly number[],
  unanswered: number,
): Measured {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    ...cell,
    contender,
    queries: times.length,
    median: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    recall: recalls.length === 0 ? null : recalls.reduce((a, b) => a + b, 0) / recalls.length,
    unanswered,
  };
}

/** Of ascending values: the smallest that is not below `share` of them. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
