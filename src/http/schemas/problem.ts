import { z } from "@hono/zod-openapi";
import { ERRORS, type ErrorCode } from "../../errors.ts";

export const problemSchema = z
  .object({
    type: z.string().openapi({ example: "/docs/errors#image_missing" }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    instance: z.string().optional().openapi({ description: "The request's id" }),
    field: z.string().optional(),
    retry_after_seconds: z.int().optional(),
  })
  .openapi("Problem");

/** What can be wrong with a body of JSON alone, or where none is wanted. */
export const JSON_BODY_PROBLEMS = [
  "body_malformed",
  "body_too_large",
  "content_type_unsupported",
  "parameter_invalid",
  "overloaded",
] as const;

/** What an Idempotency-Key brings with it. */
export const IDEMPOTENCY_PROBLEMS = ["parameter_invalid", "idempotency_in_progress", "idempotency_key_reused"] as const;

/** The header every POST takes; the idempotency middleware reads it. */
export const idempotencyHeaders = z.object({
  "Idempotency-Key": z.string().optional().openapi({
    description: "1 to 255 visible ASCII characters; the same request again gets the first one's answer",
    example: "upload-5f3a",
  }),
});

/** The `security` of an operation that answers callers without a key too. */
export const ANONYMOUS_TOO: Record<string, string[]>[] = [{ bearer: [] }, { basic: [] }, {}];

/** The `responses` of a route for the given error codes, grouped by status. */
export function problems(...codes: ErrorCode[]) {
  const given = codes.includes("credentials_invalid") ? [...codes, "credentials_throttled" as const] : codes;
  const all: ErrorCode[] = [...new Set([...given, "internal" as const, "database_unavailable" as const])];
  const statuses = [...new Set(all.map((code) => ERRORS[code].status))];
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: all.filter((code) => ERRORS[code].status === status).join(", "),
        content: { "application/problem+json": { schema: problemSchema } },
      },
    ]),
  );
}
