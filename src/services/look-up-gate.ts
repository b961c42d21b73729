import type { GateLookUp } from "../db/gate-look-up.ts";
import { findListIds } from "../db/named-lists.ts";
import type { HotView } from "../db/near-view.ts";
import type { QuotaState } from "../db/quota-state.ts";
import { AppError } from "../errors.ts";
import type { ExactKind } from "../fingerprint/fingerprint.ts";
import { quotaCaller, type RequestContext } from "./context.ts";

/** Which entries a check is held against. */
export interface MatchScope {
  /** Lists to search; null for every enabled one. */
  readonly listIds: readonly bigint[] | null;
  /** False where there is no entry at all. */
  readonly anyEntries: boolean;
  /** The searched rows when the gate was asked, from memory; null where the database has to be asked. */
  readonly view: HotView | null;
}

/** What is known of some digests, and what to hold their images against. */
export interface OpenGate extends GateLookUp {
  readonly scope: MatchScope;
  readonly quota: QuotaState;
}

/**
 * Reads what is known of digests of one kind, with the caller's quota.
 * @param listNames lists to search; null for every enabled one
 * @throws AppError list_not_found naming the lists that don't exist; credentials_invalid where the key was removed
 */
export async function lookUpGate(
  ctx: RequestContext,
  kind: ExactKind,
  values: readonly string[],
  listNames: readonly string[] | null,
): Promise<OpenGate> {
  const [gate, listIds] = await Promise.all([
    ctx.gates.lookUp(kind, values, quotaCaller(ctx)),
    listNames === null ? null : resolveLists(ctx, listNames),
  ]);
  if (gate.quota === null) throw new AppError("credentials_invalid", "Expected an API key that still exists");
  return { ...gate, scope: { listIds, anyEntries: gate.anyEntries, view: gate.view }, quota: gate.quota };
}

async function resolveLists(ctx: RequestContext, names: readonly string[]): Promise<bigint[]> {
  const ids = await findListIds(ctx.db, names);
  const unknown = names.filter((name) => !ids.has(name));
  if (unknown.length === 0) return [...ids.values()];
  throw new AppError(
    "list_not_found",
    `Expected names of existing lists for lists but received ${unknown.join(", ")}`,
    {
      field: "lists",
    },
  );
}
