import { ERRORS, type ErrorCode } from "../../errors.ts";
import { ERROR_ADVICE } from "./error-advice.ts";
import { type Html, html } from "./html.ts";
import { renderPage } from "./page-frame.ts";
import { renderLine, renderProse } from "./prose.ts";

const INTRODUCTION = `Every failure is answered with its HTTP status and a problem document (RFC 9457, \`application/problem+json\`).
\`code\` is what a program should branch on; \`detail\` is for people and names the field, what was expected and what came.
\`instance\` is the request id, the same as the header \`X-Request-Id\`.

Where a retry makes sense \`retry_after_seconds\` says when, as does the header \`Retry-After\`. A request that fails is not charged.`;

const EXAMPLE = {
  type: "/docs/errors#image_missing",
  title: ERRORS.image_missing.title,
  status: ERRORS.image_missing.status,
  detail: "Expected a file, raw bytes or a url for image but received none",
  code: "image_missing",
  instance: "req_5f1c0a52e9d84a0c9a4a7f6f6f0b7c11",
  field: "image",
};

/** The error catalogue as a page of its own, where a problem's `type` leads: each code is an anchor. */
export function renderErrorsPage(): string {
  const main = html`<h1>Errors</h1>${renderErrorCatalogue()}`;
  const navigation = html`<ul><li><a href="/docs">API reference</a></li><li>Errors<ul>${errorCodes().map(
    (code) => html`<li><a href="#${code}"><code>${code}</code></a></li>`,
  )}</ul></li></ul>`;
  return renderPage("Lookalike API errors", navigation, main);
}

/** What an error looks like, then every code with its status, meaning and cure, each at the anchor of its name. */
export function renderErrorCatalogue(): Html {
  return html`${renderProse(INTRODUCTION)}
<pre tabindex="0" role="region" aria-label="example of a problem document"><code>${JSON.stringify(EXAMPLE, null, 2)}</code></pre>
<dl class="errors">${errorCodes().map((code) => {
    const { status, title, retryable } = ERRORS[code];
    return html`<dt id="${code}"><a href="#${code}"><code>${code}</code></a> <span class="status s${String(status).charAt(0)}">${status}</span>${
      retryable ? html` <span class="key">retry later</span>` : null
    }</dt><dd><p>${title}. ${renderLine(ERROR_ADVICE[code])}</p></dd>`;
  })}</dl>`;
}

/** Every code, in the order of the catalogue. */
export function errorCodes(): ErrorCode[] {
  return Object.keys(ERRORS) as ErrorCode[];
}
