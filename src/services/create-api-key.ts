import { type ApiKeyRow, insertKey } from "../db/api-keys.ts";
import { hashSecret, type NewKey, newKeyToken } from "./api-key-token.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import { type KeyFields, keyColumns } from "./key-fields.ts";
import { requireScope } from "./require-scope.ts";

/** A key with its secret, which is shown this once and stored only as a SHA-256. */
export interface IssuedKey {
  readonly row: ApiKeyRow;
  readonly issued: NewKey;
}

export async function createApiKey(ctx: RequestContext, fields: KeyFields): Promise<IssuedKey> {
  const actor = requireScope(ctx, "admin");
  const issued = newKeyToken();
  const row = await insertKey(
    ctx.db,
    {
      ...keyColumns(fields),
      id: issued.id,
      name: fields.name,
      secretHash: hashSecret(issued.secret),
      scopes: [...fields.scopes],
      quotaLimit: fields.quota.limit,
      quotaPeriod: fields.quota.period,
    },
    auditEvent(ctx, actor, "key.create", issued.id, { ...fields }),
  );
  return { row, issued };
}
