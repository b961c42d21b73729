import { createHash } from "node:crypto";
import { type Html, html, trusted } from "./html.ts";
import { STYLESHEET } from "./stylesheet.ts";

const STYLE_HASH = createHash("sha256").update(STYLESHEET).digest("base64");

/** Headers the documentation pages are served with: the one style in the page is allowed by its hash, nothing else is. */
export const DOCS_HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "Cache-Control": "no-cache",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
};

/** Four squares, one of them another shade: the same picture but for a detail. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%230b6b5d' d='M1 1h6v6H1zM9 1h6v6H9zM1 9h6v6H1z'/%3E%3Cpath fill='%23e0a52d' d='M9 9h6v6H9z'/%3E%3C/svg%3E";

/** A whole page: its navigation beside it where there is room, folded above it where there is not. */
export function renderPage(title: string, navigation: Html, main: Html): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${ICON}">
<style>${trusted(STYLESHEET)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<nav class="wide" aria-label="Contents">${navigation}</nav>
<details class="narrow"><summary>Contents</summary><nav aria-label="Contents">${navigation}</nav></details>
<main id="main">${main}</main>
</body>
</html>
`;
  return page.markup;
}
