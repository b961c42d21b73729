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

/** The `responses` of a route for the given error codes, grouped by status. */
export function problems(...codes: ErrorCode[]) {
  const all: ErrorCode[] = [...codes, "internal", "database_unavailable"];
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
