import { z } from "@hono/zod-openapi";

/** Query of a route that pages: rows behind `after`, at most `limit`. */
export const pageQuery = z.object({
  after: z
    .string()
    .regex(/^[\w-]{0,100}$/)
    .optional()
    .openapi({ description: "`next` of the page before" }),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
