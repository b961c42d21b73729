import type { z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import { invalidParameter } from "../reject-invalid.ts";

/** What can be wrong with an image or its URL, for a route's `problems`. */
export const IMAGE_PROBLEMS = [
  "image_missing",
  "image_empty",
  "image_unreadable",
  "image_truncated",
  "image_format_unsupported",
  "image_too_many_bytes",
  "image_too_many_pixels",
  "image_too_slow",
  "image_crashed_decoder",
  "url_malformed",
  "url_forbidden",
  "url_unreachable",
  "parameter_invalid",
  "body_malformed",
  "content_type_unsupported",
  "overloaded",
] as const;

type JsonProperties = Record<string, { type: "string" | "object"; format?: string }>;

/**
 * The OpenAPI request body of a route that takes an image in any of three forms. Plain schemas, not zod: the body is read
 * as a stream by readImageBody, and a validator would read it first.
 * @param json properties of the JSON form
 * @param required names of its properties that must be there
 */
export function imageBody(json: JsonProperties, required: string[], form: JsonProperties = {}) {
  const binary = { type: "string" as const, format: "binary" };
  const object = { type: "object" as const };
  return {
    required: true,
    content: {
      "multipart/form-data": { schema: { ...object, required: ["image"], properties: { image: binary, ...form } } },
      "application/octet-stream": { schema: binary },
      "image/*": { schema: binary },
      "application/json": { schema: { ...object, required, properties: json } },
    },
  };
}

/**
 * Validates what a body's reader has parsed.
 * @throws AppError parameter_invalid naming the field, what was expected and what came
 */
export function parseFields<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw issue === undefined
    ? new AppError("parameter_invalid", "Expected a valid body")
    : invalidParameter(issue, value);
}
