import { html } from "./html.ts";
import { listOperations, type OpenApiDocument, type PlacedOperation, slug } from "./openapi-document.ts";
import { renderPage } from "./page-frame.ts";
import { renderProse } from "./prose.ts";
import { renderErrorCatalogue } from "./render-errors.ts";
import { renderOperation } from "./render-operation.ts";

interface Group {
  readonly name: string;
  readonly anchor: string;
  readonly description: string | undefined;
  readonly operations: readonly PlacedOperation[];
}

/**
 * The API reference as one page of HTML, made from the OpenAPI 3.1 document: operations by tag with their parameters,
 * bodies, answers and a curl command each, then the error catalogue. Needs no script and nothing from elsewhere; serve it
 * with DOCS_HEADERS.
 *
 * @throws RangeError where a reference in the document leads nowhere
 */
export function renderDocsPage(document: OpenApiDocument): string {
  const groups = groupByTag(document);
  const navigation = html`<ul>${groups.map(
    (group) =>
      html`<li><a href="#${group.anchor}">${group.name}</a><ul>${group.operations.map(
        ({ anchor, method, path, operation }) =>
          html`<li><a href="#${anchor}">${operation.summary ?? `${method} ${path}`}</a></li>`,
      )}</ul></li>`,
  )}<li><a href="#errors">Errors</a></li></ul>`;
  const main = html`
<h1>${document.info.title} <span class="version">${document.info.version}</span></h1>
${renderProse(document.info.description)}
<p>The same as <a href="/openapi.json">an OpenAPI 3.1 document</a>, for tools.</p>
${groups.map(
  (group) => html`
<section aria-labelledby="${group.anchor}"><h2 id="${group.anchor}">${group.name}</h2>${renderProse(group.description)}
${group.operations.map((placed) => renderOperation(document, placed))}
</section>`,
)}
<section aria-labelledby="errors"><h2 id="errors">Errors</h2>${renderErrorCatalogue()}</section>`;
  return renderPage(`${document.info.title} API`, navigation, main);
}

/** Operations under their first tag, tags in the order of the document. */
function groupByTag(document: OpenApiDocument): Group[] {
  const byTag = new Map<string, PlacedOperation[]>((document.tags ?? []).map(({ name }) => [name, []]));
  for (const placed of listOperations(document)) {
    const tag = placed.operation.tags?.[0] ?? "Other";
    byTag.set(tag, [...(byTag.get(tag) ?? []), placed]);
  }
  return [...byTag]
    .filter(([, operations]) => operations.length > 0)
    .map(([name, operations]) => ({
      name,
      anchor: `group-${slug(name)}`,
      description: document.tags?.find((tag) => tag.name === name)?.description,
      operations,
    }));
}
