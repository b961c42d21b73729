import { type ApiKeyRow, findKey } from "../db/api-keys.ts";
import { AppError } from "../errors.ts";
import { FIXED_KEY_ID } from "./authenticate.ts";
import type { RequestContext } from "./context.ts";
import { requireScope } from "./require-scope.ts";

export type { ApiKeyRow };

/** @throws AppError key_not_found */
export async function getApiKey(ctx: RequestContext, id: string): Promise<ApiKeyRow> {
  requireScope(ctx, "admin");
  return (await findKey(ctx.db, id)) ?? noSuchKey(id);
}

/** @throws AppError key_not_found */
export function noSuchKey(id: string): never {
  throw new AppError("key_not_found", `Expected the id of an API key in force but received ${id}`, { field: "id" });
}

/** @throws AppError key_fixed for the key that ADMIN_KEY sets */
export function refuseFixedKey(id: string): void {
  if (id !== FIXED_KEY_ID) return;
  throw new AppError("key_fixed", "Expected a key made by this service but received the one that ADMIN_KEY sets", {
    field: "id",
  });
}
