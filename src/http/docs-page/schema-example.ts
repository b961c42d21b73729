import { type Media, type OpenApiDocument, resolve, type Schema } from "./openapi-document.ts";

const MAX_DEPTH = 12;

/** An example of a body: its own where the document has one, else one made from the schema. */
export function mediaExample(document: OpenApiDocument, media: Media): unknown {
  return media.example !== undefined ? media.example : schemaExample(document, media.schema ?? {});
}

/**
 * A value that fits a schema: its example, default or first choice, else a plain value of its type.
 * @param trail the references around it, one per level, so that a schema inside itself ends
 */
export function schemaExample(document: OpenApiDocument, given: Schema, trail: readonly string[] = []): unknown {
  const schema = resolve<Schema>(document, given);
  const inner = [...trail, given.$ref ?? ""];
  const [first] = Array.isArray(schema.examples) ? schema.examples : [];
  for (const value of [schema.example, first, schema.const, schema.default, schema.enum?.[0]]) {
    if (value !== undefined) return value;
  }
  if (trail.length > MAX_DEPTH) return null;
  const [choice] = schema.oneOf ?? schema.anyOf ?? [];
  if (choice !== undefined) return schemaExample(document, choice, inner);
  if (schema.allOf !== undefined) {
    return Object.assign({}, ...schema.allOf.map((part) => schemaExample(document, part, inner)));
  }
  return typedExample(document, schema, inner);
}

function typedExample(document: OpenApiDocument, schema: Schema, trail: readonly string[]): unknown {
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const type = types.find((name) => name !== "null") ?? (schema.properties === undefined ? "string" : "object");
  switch (type) {
    case "object":
      return objectExample(document, schema, trail);
    case "array":
      return schema.items === undefined || isOpen(schema.items, trail)
        ? []
        : [schemaExample(document, schema.items, trail)];
    case "integer":
    case "number":
      return schema.minimum ?? 0;
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return textExample(schema);
  }
}

function objectExample(document: OpenApiDocument, schema: Schema, trail: readonly string[]): unknown {
  const properties = Object.entries(schema.properties ?? {}).filter(([, property]) => !isOpen(property, trail));
  const members = properties.map(([name, property]) => [name, schemaExample(document, property, trail)]);
  if (members.length === 0 && typeof schema.additionalProperties === "object") {
    members.push(["name", schemaExample(document, schema.additionalProperties, trail)]);
  }
  return Object.fromEntries(members);
}

function textExample({ format, pattern }: Schema): string {
  const hexDigits = /^\^\[0-9a-f\]\{(\d{1,3})\}\$$/.exec(pattern ?? "")?.[1];
  if (hexDigits !== undefined)
    return "9f3c07ab5e2d8146".repeat(Math.ceil(Number(hexDigits) / 16)).slice(0, Number(hexDigits));
  if (format === "date-time") return "2026-01-31T12:00:00.000Z";
  if (format === "date") return "2026-01-31";
  if (format === "uri" || format === "url") return "https://example.com/photo.jpg";
  return "text";
}

function isOpen(schema: Schema, trail: readonly string[]): boolean {
  return schema.$ref !== undefined && trail.includes(schema.$ref);
}
