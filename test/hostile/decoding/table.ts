import type { CampaignResult } from "./campaign.ts";

/** The result as text: answers by collection and outcome, the slowest, what the processes took, and what must not be. */
export function describeResult(result: CampaignResult): string {
  const total = new Map<string, number>();
  const lines = [row("collection", "outcome", "answers")];
  for (const [corpus, outcomes] of [...result.outcomes].sort(([a], [b]) => a.localeCompare(b))) {
    for (const [outcome, count] of [...outcomes].sort(([a], [b]) => a.localeCompare(b))) {
      lines.push(row(corpus, outcome, String(count)));
      total.set(outcome, (total.get(outcome) ?? 0) + count);
    }
  }
  for (const [outcome, count] of [...total].sort(([, a], [, b]) => b - a))
    lines.push(row("all", outcome, String(count)));
  const restarts = Object.entries(result.restarts).map(([reason, count]) => `${reason} ${count}`);
  const [before, after] = result.descriptors;
  return [
    ...lines,
    "",
    "slowest answers:",
    ...result.slowest.map(({ ms, what }) => `  ${String(Math.round(ms)).padStart(6)} ms  ${what}`),
    "",
    `${result.files} files, ${result.sent} answers, ${result.songs} checks of the canary`,
    `workers replaced: ${restarts.join(", ") || "none"}`,
    `peak resident memory: ${Math.round(result.workerPeakMib)} MiB of a worker, ${Math.round(result.servicePeakMib)} MiB of the service`,
    `open descriptors of the service: ${before} before, ${after} after`,
    result.violations.length === 0 ? "violations: none" : `violations: ${result.violations.length}`,
    ...result.violations.slice(0, 50).map((violation) => `  ${violation}`),
  ].join("\n");
}

function row(corpus: string, outcome: string, count: string): string {
  return `${corpus.padEnd(28)} ${outcome.padEnd(32)} ${count.padStart(8)}`;
}
