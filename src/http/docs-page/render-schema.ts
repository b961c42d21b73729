import { type Html, html } from "./html.ts";
import { type OpenApiDocument, resolve, type Schema } from "./openapi-document.ts";
import { renderLine } from "./prose.ts";

const MAX_DEPTH = 12;

/**
 * The members of a body, each with its type, limits and description; members of members are indented below it.
 * @param trail the references around it, one per level, so that a schema inside itself is shown once
 */
export function renderSchema(document: OpenApiDocument, given: Schema, trail: readonly string[] = []): Html {
  const reference = given.$ref ?? "";
  if (trail.length > MAX_DEPTH || (reference !== "" && trail.includes(reference))) return html``;
  const schema = resolve<Schema>(document, given);
  const inner = [...trail, reference];
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return renderChoices(document, choices, inner);
  if (schema.allOf !== undefined) return html`${schema.allOf.map((part) => renderSchema(document, part, inner))}`;
  if (schema.items !== undefined) return renderSchema(document, schema.items, inner);
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) {
    const values = schema.additionalProperties;
    return typeof values === "object" ? renderSchema(document, values, inner) : html``;
  }
  const required = schema.required ?? [];
  return html`<dl class="members">${properties.map(([name, property]) =>
    renderMember(document, name, property, required.includes(name), inner),
  )}</dl>`;
}

function renderChoices(document: OpenApiDocument, choices: readonly Schema[], trail: readonly string[]): Html {
  const shown = choices.map((choice) => renderSchema(document, choice, trail)).filter(({ markup }) => markup !== "");
  if (shown.length < 2) return html`${shown}`;
  return html`${shown.map((choice, index) => html`<p class="or">${index === 0 ? "either" : "or"}</p>${choice}`)}`;
}

function renderMember(
  document: OpenApiDocument,
  name: string,
  given: Schema,
  required: boolean,
  trail: readonly string[],
): Html {
  const schema = resolve<Schema>(document, given);
  return html`<dt><code class="name">${name}</code> <span class="type">${typeName(document, given)}</span>${
    required ? null : html` <span class="optional">optional</span>`
  }</dt><dd>${renderNotes(schema, given)}${renderSchema(document, given, trail)}</dd>`;
}

/** The description of a value and the limits it must keep. */
export function renderNotes(schema: Schema, outer: Schema = schema): Html {
  const description = outer.description ?? schema.description;
  const limits = limitsOf(schema);
  return html`${description === undefined ? null : html`<p>${renderLine(description)}</p>`}${
    limits.length === 0 ? null : html`<p class="limits">${renderLine(limits.join(" · "))}</p>`
  }`;
}

function limitsOf(schema: Schema): string[] {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems } = schema;
  return [
    schema.enum === undefined ? "" : `one of ${schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ")}`,
    schema.const === undefined ? "" : `always \`${JSON.stringify(schema.const)}\``,
    range(minimum, maximum, ""),
    range(minLength, maxLength, " characters"),
    range(minItems, maxItems, " items"),
    schema.pattern === undefined ? "" : `matches \`${schema.pattern}\``,
    schema.default === undefined ? "" : `default \`${JSON.stringify(schema.default)}\``,
  ].filter((limit) => limit !== "");
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  // What a 53-bit integer can hold is no limit worth a reader's time.
  const low = least !== undefined && least > -Number.MAX_SAFE_INTEGER ? least : undefined;
  const high = most !== undefined && most < Number.MAX_SAFE_INTEGER ? most : undefined;
  if (low !== undefined && high !== undefined) return low === high ? `${low}${unit}` : `${low} to ${high}${unit}`;
  if (low !== undefined) return `at least ${low}${unit}`;
  return high === undefined ? "" : `at most ${high}${unit}`;
}

/** `string`, `array of object`, `integer or null`, ... */
export function typeName(document: OpenApiDocument, given: Schema, depth = 0): string {
  const schema = resolve<Schema>(document, given);
  if (depth > MAX_DEPTH) return "value";
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) {
    return [...new Set(choices.map((choice) => typeName(document, choice, depth + 1)))].join(" or ");
  }
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  if (types.length === 0) return schema.properties === undefined && schema.allOf === undefined ? "value" : "object";
  return types.map((type) => describeType(document, schema, type, depth)).join(" or ");
}

function describeType(document: OpenApiDocument, schema: Schema, type: string, depth: number): string {
  if (type === "array" && schema.items !== undefined) return `array of ${typeName(document, schema.items, depth + 1)}`;
  if (type === "string" && schema.format === "binary") return "file";
  return type === "string" && schema.format !== undefined ? `string (${schema.format})` : type;
}
