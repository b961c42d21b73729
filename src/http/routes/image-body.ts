import { z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import type { ImageSource } from "../../services/image-source.ts";
import { PICTURE_FAULTS } from "../../services/picture-faults.ts";
import { type ReceivedBody, requireImage } from "../read-body.ts";
import { invalidParameter } from "../reject-invalid.ts";

/** What can be wrong with an image or its URL, for a route's `problems`. */
export const IMAGE_PROBLEMS = [
  ...PICTURE_FAULTS,
  "parameter_invalid",
  "body_malformed",
  "body_too_large",
  "content_type_unsupported",
  "overloaded",
] as const;

/** A member as OpenAPI describes it. */
interface Property {
  readonly type: "string" | "object";
  readonly format?: string;
  readonly enum?: string[];
  readonly example?: string;
  readonly description?: string;
}
type Properties = Record<string, Property>;

const url: Property = { type: "string", format: "uri", description: "Where to fetch the picture" };

/**
 * The OpenAPI request body of a route that takes an image in any form: its bytes or a `url`. Plain schemas, not zod: the body is read
 * as a stream by readImageBody, and a validator would read it first.
 * @param details what may be sent beside the picture, in a form or in JSON
 * @param json what JSON alone may have; with any of it, `url` need not be there
 */
export function imageBody(details: Properties, json: Properties = {}) {
  const binary = { type: "string" as const, format: "binary" };
  const object = { type: "object" as const };
  return {
    required: true,
    content: {
      "multipart/form-data": { schema: { ...object, properties: { image: binary, url, ...details } } },
      "application/octet-stream": { schema: binary },
      "image/*": { schema: binary },
      "application/json": {
        schema: {
          ...object,
          required: Object.keys(json).length === 0 ? ["url"] : [],
          properties: { url, ...json, ...details },
        },
      },
      "application/x-www-form-urlencoded": {
        schema: { ...object, required: ["url"], properties: { url, ...details } },
      },
    },
  };
}

const imageUrl = z.string().max(8192);

/**
 * The image of a body that must have one, sent or by `url`, and what came beside it.
 * @param parameters what may come beside it; in JSON nothing else may
 * @throws AppError image_missing, parameter_invalid
 */
export function readImageAndFields<Shape extends z.ZodRawShape>(
  body: ReceivedBody,
  parameters: z.ZodObject<Shape>,
): { source: ImageSource; fields: z.infer<z.ZodObject<Shape>> } {
  if (body.kind === "json") {
    const { json } = body;
    if (typeof json === "object" && json !== null && !("url" in json)) {
      throw new AppError(
        "image_missing",
        "Expected a url, or an image in another kind of body, for image but received none",
        {
          field: "url",
        },
      );
    }
    const { url } = parseFields(z.looseObject({ url: imageUrl }), json);
    const { url: _, ...beside } = json as Record<string, unknown>;
    return { source: { url }, fields: parseFields(parameters.strict(), beside) };
  }
  const fields = parseFields(parameters, body.fields);
  const { url } = body.fields;
  if (body.image === null && url !== undefined) return { source: { url }, fields };
  return { source: requireImage(body), fields };
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
