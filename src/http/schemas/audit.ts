import { z } from "@hono/zod-openapi";
import { pageQuery } from "./page.ts";
import { storableText } from "./text.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const seq = z
  .int()
  .openapi({ description: "1, 2, 3, ... without gaps, in the order in which the changes came into force" });
const filter = storableText(200).optional();
/** From year 2000: the database has no dates before year 1. */
const instant = z.iso
  .datetime({ offset: true })
  .refine((value) => value >= "2000", "Expected a time from the year 2000 on")
  .optional();

export const auditQuery = pageQuery.extend({
  after: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional()
    .openapi({ description: "`next` of the page before; or any `seq`, to go on behind that row" }),
  order: z.enum(["newest", "oldest"]).default("newest").openapi({ description: "Which comes first" }),
  actor: filter.openapi({
    description: "Rows of this key's changes; `system`: of the service itself and its commands",
  }),
  action: filter.openapi({ example: "entry.create" }),
  subject: filter.openapi({
    description:
      "Rows about this entry (`ent_...`), key (`key_...`), workflow (`wfl_...`), feedback (`fbk_...`) or list (its name)",
  }),
  since: instant.openapi({ description: "Not before this time" }),
  until: instant.openapi({ description: "Before this time" }),
});

const auditEventSchema = z
  .object({
    seq,
    at: z.iso.datetime().openapi({ description: "To the microsecond, by the database's clock" }),
    actor: z.string().openapi({ description: "Id of the API key that asked, or `system`" }),
    action: z.string().openapi({ example: "entry.create" }),
    subject: z.string().openapi({ description: "Public id or name of what was changed" }),
    details: z.record(z.string(), z.unknown()).openapi({ description: "What was asked; never a secret" }),
    request_id: z
      .string()
      .nullable()
      .openapi({ description: "The X-Request-Id of the request that asked, if one did" }),
    prev_hash: hash.openapi({ description: "`hash` of the row before; zeros in the first" }),
    hash: hash.openapi({ description: "SHA-256 of `text` in UTF-8" }),
    text: z.string().openapi({
      description:
        "What `hash` is of: a JSON array of prev_hash, seq, at (microseconds since 1970), actor, action, subject, details and request_id, as texts",
    }),
  })
  .openapi("AuditEvent");

export const auditPageSchema = z.object({
  events: z.array(auditEventSchema),
  next: z.string().nullable(),
  head: z
    .object({ seq, hash })
    .nullable()
    .openapi({ description: "The newest row, to be kept elsewhere as an anchor; seq 0 and zeros where there is none" }),
});
