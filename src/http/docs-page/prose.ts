import { type Html, html } from "./html.ts";

/**
 * Renders the little of CommonMark that descriptions use: paragraphs between blank lines, lists of lines that start with
 * `- `, and code between backticks.
 */
export function renderProse(text: string | undefined): Html {
  const blocks = (text ?? "").trim().split(/\n\s*\n/);
  return html`${blocks.filter((block) => block !== "").map(renderBlock)}`;
}

function renderBlock(block: string): Html {
  const lines = block.split("\n").map((line) => line.trim());
  if (!lines.every((line) => line.startsWith("- "))) return html`<p>${renderLine(lines.join(" "))}</p>`;
  return html`<ul>${lines.map((line) => html`<li>${renderLine(line.slice(2))}</li>`)}</ul>`;
}

/** One line of prose: code between backticks, everything else as it is. */
export function renderLine(text: string): Html {
  return html`${text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}
