import type { ApiKeyChanges } from "../db/api-keys.ts";
import type { Scope } from "./context.ts";

/** Units per period; `limit` null: no limit. A `none` period is a stock that only an admin refills. */
export interface QuotaFields {
  readonly limit: number | null;
  readonly period: "day" | "month" | "none";
}

/** Score thresholds of one key, 0..1; null takes the service's. */
export interface PolicyFields {
  readonly block: number | null;
  readonly review: number | null;
  readonly suggestiveReview: number | null;
}

export interface KeyFields {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly quota: QuotaFields;
  readonly policy: PolicyFields;
}

/** Fields of a key as its columns; what is not given stays as it is. */
export function keyColumns(fields: Partial<KeyFields>): ApiKeyChanges {
  return {
    ...(fields.name !== undefined && { name: fields.name }),
    ...(fields.scopes !== undefined && { scopes: [...fields.scopes] }),
    ...(fields.quota !== undefined && { quotaLimit: fields.quota.limit, quotaPeriod: fields.quota.period }),
    ...(fields.policy !== undefined && {
      blockThreshold: fields.policy.block,
      reviewThreshold: fields.policy.review,
      suggestiveReviewThreshold: fields.policy.suggestiveReview,
    }),
  };
}
