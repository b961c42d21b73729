/** Markup that may stand in a page as it is. Made by `html`, so that text from elsewhere can't slip in unescaped. */
export interface Html {
  readonly markup: string;
}

type Insert = Html | string | number | null | undefined | readonly Insert[];

/** Builds markup; every inserted string is escaped, markup and lists of markup go in as they are, null as nothing. */
export function html(parts: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  return { markup: parts.map((part, index) => part + insertion(inserts[index])).join("") };
}

/** Markup that was not made by `html`: for constants of this project alone. */
export function trusted(markup: string): Html {
  return { markup };
}

function insertion(value: Insert): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return escapeHtml(value);
  if ("markup" in value) return value.markup;
  return value.map(insertion).join("");
}

/** Escapes text for element content and for double- or single-quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
