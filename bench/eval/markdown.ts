/** A table in Markdown; the first column is text, the others numbers. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** A share (0..1) in percent, cut off after one decimal, so that only all is 100; an empty cell for null. */
export function percent(share: number | null): string {
  if (share === null) return "";
  return share === 1 ? "100" : (Math.floor(share * 1000) / 10).toFixed(1);
}

/** A whole number with commas. */
export function whole(value: number): string {
  return value.toLocaleString("en");
}

/** A rate as 1.2e-5. */
export function rate(value: number): string {
  return value.toExponential(1);
}
