import type { Scope } from "../services/context.ts";
import type { IssuedKey } from "../services/create-api-key.ts";
import type { ApiKeyRow } from "../services/get-api-key.ts";
import type { KeyUsageRow } from "../services/read-key-usage.ts";

/** The native API's JSON of a key; nothing in it authenticates. */
export function presentKey(row: ApiKeyRow) {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes as Scope[],
    quota: { limit: row.quotaLimit, period: row.quotaPeriod, used: row.used },
    policy: {
      block: row.blockThreshold,
      review: row.reviewThreshold,
      suggestive_review: row.suggestiveReviewThreshold,
    },
    created_at: row.createdAt.toISOString(),
    rotated_at: row.rotatedAt?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
  };
}

/** A key as it is shown once, with its secret. */
export function presentIssuedKey({ row, issued }: IssuedKey) {
  return { ...presentKey(row), secret: issued.secret, key: issued.token };
}

export function presentUsage(keyId: string, from: string, to: string, rows: readonly KeyUsageRow[]) {
  return {
    key_id: keyId,
    from,
    to,
    units: rows.reduce((sum, row) => sum + row.units, 0),
    days: rows.map((row) => ({
      day: row.day,
      units: row.units,
      new_images: row.newImages,
      repeated_images: row.repeatedImages,
      hash_look_ups: row.hashLookUps,
    })),
  };
}
