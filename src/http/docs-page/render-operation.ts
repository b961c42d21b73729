import { ERRORS } from "../../errors.ts";
import { curlExamples, needsKey, takesKey } from "./curl-example.ts";
import { type Html, html } from "./html.ts";
import {
  type Answer,
  type Media,
  type OpenApiDocument,
  type Parameter,
  type PlacedOperation,
  type RequestBody,
  resolve,
  type Schema,
} from "./openapi-document.ts";
import { renderProse } from "./prose.ts";
import { renderNotes, renderSchema, typeName } from "./render-schema.ts";
import { mediaExample } from "./schema-example.ts";

/** One operation: what it does, what to send, what comes back, and how to try it. */
export function renderOperation(document: OpenApiDocument, placed: PlacedOperation): Html {
  const { operation, method, path, anchor, parameters } = placed;
  return html`
<article class="operation" id="${anchor}" aria-labelledby="${anchor}-title">
<h3 id="${anchor}-title"><a href="#${anchor}">${operation.summary ?? `${method} ${path}`}</a></h3>
<p class="route"><span class="method ${method.toLowerCase()}">${method}</span> <code>${breakable(path)}</code>${renderKeyNote(document, placed)}</p>
${operation.deprecated === true ? html`<p class="note">Deprecated.</p>` : null}
${renderProse(operation.description)}
${renderParameters(document, parameters)}
${operation.requestBody === undefined ? null : renderBody(document, resolve<RequestBody>(document, operation.requestBody))}
<h4>Try it</h4>
${curlExamples(document, placed).map(({ command }) => renderCode(command, "curl command"))}
<h4>Answers</h4>
${Object.entries(operation.responses ?? {}).map(([status, answer]) =>
  renderAnswer(document, status, resolve<Answer>(document, answer)),
)}
</article>`;
}

function renderKeyNote(document: OpenApiDocument, placed: PlacedOperation): Html | null {
  if (needsKey(document, placed)) return html` <span class="key">needs a key</span>`;
  return takesKey(document, placed) ? html` <span class="key">key optional</span>` : null;
}

/** A long path breaks after a slash, not inside a word. */
function breakable(path: string): Html {
  return html`${path.split("/").map((part, index) => (index === 0 ? part : html`/<wbr>${part}`))}`;
}

function renderParameters(document: OpenApiDocument, parameters: readonly Parameter[]): Html | null {
  if (parameters.length === 0) return null;
  return html`<h4>Parameters</h4><dl class="members">${parameters.map((parameter) => {
    const schema = parameter.schema ?? {};
    const notes = { ...resolve<Schema>(document, schema) };
    return html`<dt><code class="name">${parameter.name}</code> <span class="type">${parameter.in}, ${typeName(document, schema)}</span>${
      parameter.required === true ? null : html` <span class="optional">optional</span>`
    }</dt><dd>${renderNotes({ ...notes, description: parameter.description ?? notes.description ?? "" })}</dd>`;
  })}</dl>`;
}

function renderBody(document: OpenApiDocument, body: RequestBody): Html {
  return html`<h4>Body${body.required === true ? null : html` <span class="optional">optional</span>`}</h4>${renderProse(body.description)}${Object.entries(
    body.content,
  ).map(([contentType, media]) => renderMedia(document, contentType, media, false))}`;
}

function renderMedia(document: OpenApiDocument, contentType: string, media: Media, isAnswer: boolean): Html {
  const schema = media.schema ?? {};
  const members = renderSchema(document, schema);
  const example = contentType.includes("json")
    ? renderCode(JSON.stringify(mediaExample(document, media), null, 2), "example")
    : null;
  const title = html`<p class="content-type"><code>${contentType}</code> <span class="type">${typeName(document, schema)}</span></p>`;
  if (!isAnswer) return html`<div class="media">${title}${members}${example}</div>`;
  // What an answer looks like says most of it; its members would make the page several times as long.
  const folded = members.markup === "" ? null : html`<details><summary>Every member</summary>${members}</details>`;
  return html`<div class="media">${title}${example}${folded}</div>`;
}

function renderAnswer(document: OpenApiDocument, status: string, answer: Answer): Html {
  const content = Object.entries(answer.content ?? {});
  const title = html`<span class="status s${status.charAt(0)}">${status}</span> ${answer.description ?? ""}`;
  const isProblem = content.length > 0 && content.every(([contentType]) => contentType === "application/problem+json");
  if (content.length === 0) return html`<p class="answer">${title}</p>`;
  if (isProblem) return renderProblems(status, answer.description ?? "");
  return html`<details class="answer"${status.startsWith("2") ? html` open` : null}><summary>${title}</summary>${content.map(
    ([contentType, media]) => renderMedia(document, contentType, media, true),
  )}</details>`;
}

/** An answer that is a problem: where its description lists error codes, each leads to the catalogue. */
function renderProblems(status: string, description: string): Html {
  const words = description.split(", ");
  const links = words.every((word) => Object.hasOwn(ERRORS, word))
    ? html`<span class="codes">${words.map((code) => html`<a href="#${code}"><code>${code}</code></a> `)}</span>`
    : html`${description} <a class="aside" href="#errors">problem</a>`;
  return html`<p class="answer problem"><span class="status s${status.charAt(0)}">${status}</span> ${links}</p>`;
}

/** A block of code, which the keyboard can reach to scroll it. */
function renderCode(text: string, label: string): Html {
  return html`<pre tabindex="0" role="region" aria-label="${label}"><code>${text}</code></pre>`;
}
