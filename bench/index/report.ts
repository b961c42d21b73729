import type { BuildFacts } from "./contender.ts";
import type { Goal, KindResults } from "./goals.ts";
import type { Measured } from "./measure.ts";

/** A table in Markdown; the first column is text. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

const HEADS = ["threshold", "hashes", "contender", "median ms", "p95", "p99", "recall", "queries"];

export function measuredTable(measured: readonly Measured[]): string {
  const rows = measured.map(({ threshold, probes, contender, median, p95, p99, recall, queries, unanswered }) => [
    String(threshold),
    String(probes),
    contender,
    milliseconds(median),
    milliseconds(p95),
    milliseconds(p99),
    recall === null ? "" : recall === 1 ? "1" : recall.toFixed(4),
    unanswered === 0 ? String(queries) : `${queries}, ${unanswered} left to SQL`,
  ]);
  return table(HEADS, rows);
}

export function factsTable(facts: readonly BuildFacts[]): string {
  const rows = facts.map(({ name, buildSeconds, rowsPerSecond, bytesPerRow, insertsPerSecond, note }) => [
    name,
    buildSeconds?.toFixed(1) ?? "",
    rowsPerSecond === undefined ? "" : Math.round(rowsPerSecond).toLocaleString("en"),
    bytesPerRow?.toFixed(0) ?? "",
    insertsPerSecond === undefined ? "" : Math.round(insertsPerSecond).toLocaleString("en"),
    note ?? "",
  ]);
  return table(["", "built in s", "rows/s", "bytes a row", "single inserts/s", ""], rows);
}

export function goalsTable(goals: readonly Goal[]): string {
  const rows = goals.map(({ goal, least, wanted, measured, met }) => [
    goal,
    `${least ? "at least" : "at most"} ${plain(wanted)}`,
    plain(measured),
    met ? "met" : "missed",
  ]);
  return table(["goal", "wanted", "measured", ""], rows);
}

/** Everything about one kind of rows. */
export function kindReport({ kind, rows, measured, facts, tenth }: KindResults): string {
  const parts = [
    `## ${kind}, ${rows.toLocaleString("en")} rows`,
    measuredTable(measured),
    factsTable(facts),
    ...(tenth.length === 0 ? [] : ["A tenth of the rows:", measuredTable(tenth)]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function milliseconds(value: number): string {
  return value >= 100
    ? value.toFixed(0)
    : value >= 10
      ? value.toFixed(1)
      : value >= 1
        ? value.toFixed(2)
        : value.toFixed(3);
}

function plain(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}
