import { z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import { SCOPES } from "../../services/context.ts";
import { quotaStateSchema } from "./check.ts";
import { storableText } from "./text.ts";

const quota = z
  .strictObject({
    limit: z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullable().openapi({ description: "Units; null: no limit" }),
    period: z.enum(["day", "month", "none"]).openapi({ description: "UTC; none: a stock that an admin refills" }),
  })
  .openapi("KeyQuota");

const score = z.number().min(0).max(1).nullable().default(null);

const policy = z
  .strictObject({
    block: score.openapi({ description: "Sum of the unsafe labels' scores that blocks; null: the service's" }),
    review: score.openapi({ description: "The same sum from which an image goes to review" }),
    suggestive_review: score.openapi({ description: "Sum of the suggestive labels' scores that goes to review" }),
  })
  .openapi("KeyPolicy");

const name = storableText(200).min(1);

export const keyId = z
  .string()
  .regex(/^key_[0-9A-Za-z]{1,64}$/)
  .openapi({ example: "key_0a1B2c3D4e5F" });
const scopes = z.array(z.enum(SCOPES)).min(1).max(SCOPES.length).openapi({ description: "admin includes the others" });

export const newKeySchema = z
  .strictObject({
    name,
    scopes: scopes.default(["check"]),
    quota: quota.default({ limit: null, period: "none" }),
    policy: policy.default({ block: null, review: null, suggestive_review: null }),
  })
  .openapi("NewKey");

export const keyChangesSchema = z
  .strictObject({ name, scopes, quota, policy })
  .partial()
  .extend({
    refill: z.int().min(1).max(1e12).optional().openapi({ description: "Units to add to a stock (period none)" }),
  })
  .openapi("KeyChanges");

export const keySchema = z
  .object({
    id: keyId,
    name,
    scopes: z.array(z.string()),
    quota: quota.extend({ used: z.int().openapi({ description: "Units used or reserved in the present period" }) }),
    policy,
    created_at: z.iso.datetime(),
    rotated_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable(),
  })
  .openapi("Key");

export const issuedKeySchema = keySchema
  .extend({
    secret: z.string().openapi({ description: "With the id: Basic. Shown this once." }),
    key: z.string().openapi({ description: "The whole token: Bearer. Shown this once." }),
  })
  .openapi("IssuedKey");

/** A day from 2000-01-01: those before year 1 are no dates to the database. */
const day = z.iso.date().refine((value) => value >= "2000-01-01", "Expected a day from 2000-01-01 to 9999-12-31");
const DAY_MS = 24 * 60 * 60 * 1000;
const MOST_DAYS = 400;

export const usageQuery = z.object({
  from: day.optional().openapi({ description: "First day; default 30 days before `to`" }),
  to: day.optional().openapi({ description: `Last day, at most ${MOST_DAYS} days after \`from\`; default today` }),
});

/**
 * The days a usage query asks for, both included, `YYYY-MM-DD`.
 * @throws AppError parameter_invalid where they are in the wrong order or too many
 */
export function usageDays(query: z.infer<typeof usageQuery>): { from: string; to: string } {
  const to = query.to ?? new Date().toISOString().slice(0, 10);
  const from = query.from ?? new Date(Date.parse(to) - 30 * DAY_MS).toISOString().slice(0, 10);
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS;
  if (days >= 0 && days <= MOST_DAYS) return { from, to };
  const message = `Expected a day at most ${MOST_DAYS} days before ${to} for from but received ${JSON.stringify(from)}`;
  throw new AppError("parameter_invalid", message, { field: "from" });
}

export const usageSchema = z
  .object({
    key_id: z.string(),
    from: z.iso.date(),
    to: z.iso.date(),
    units: z.int().openapi({ description: "Sum over the days" }),
    days: z.array(
      z.object({
        day: z.iso.date(),
        units: z.int(),
        new_images: z.int(),
        repeated_images: z.int(),
        hash_look_ups: z.int(),
      }),
    ),
  })
  .openapi("Usage");

export const ownQuotaSchema = quotaStateSchema.openapi("OwnQuota");
