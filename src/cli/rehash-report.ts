import type { LeftEntry, RehashReport } from "../services/rehash-entries.ts";

const ORIGINS = { folder: "from files", url: "from URLs", image: "from images checked since" } as const;

/** The report for people: a line of counts, and a table of the entries that are left. */
export function reportText({ upgraded, left }: RehashReport, dryRun: boolean): string {
  const counts = Object.entries(ORIGINS).map(
    ([origin, words]) => `${upgraded[origin as keyof typeof ORIGINS]} ${words}`,
  );
  const did = dryRun ? "Would be upgraded" : "Upgraded";
  const lines = [`${did}: ${sum(Object.values(upgraded))} (${counts.join(", ")}). Left: ${left.length}.`];
  if (left.length > 0) lines.push("", ...table(left));
  return `${lines.join("\n")}\n`;
}

/** The same as one JSON document. */
export function reportJson({ versions, upgraded, left }: RehashReport, dryRun: boolean): string {
  const report = {
    dry_run: dryRun,
    fingerprint_version: versions.current,
    neural_version: versions.neuralVersion,
    upgraded,
    left: left.map(({ entryId, list, sha256, customId, compared, reason, detail }) => ({
      entry_id: entryId,
      list,
      sha256,
      custom_id: customId,
      compared,
      reason,
      detail,
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function table(left: readonly LeftEntry[]): string[] {
  const rows = [
    ["ENTRY", "LIST", "CUSTOM ID", "SHA-256", "MATCHES", "WHY"],
    ...left.map(({ entryId, list, customId, sha256, compared, reason, detail }) => [
      entryId,
      list,
      customId ?? "-",
      sha256 ?? "-",
      compared ? "by looks" : "exactly",
      `${reason}: ${detail}`,
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
