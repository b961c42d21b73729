import type { GateLookUp } from "../db/gate-look-up.ts";
import type { NamedList } from "../db/named-lists.ts";
import type { MatchMode } from "../db/near-search.ts";
import type { HotView } from "../db/near-view.ts";
import type { QuotaState } from "../db/quota-state.ts";
import { AppError } from "../errors.ts";
import type { ExactKind } from "../fingerprint/fingerprint.ts";
import { quotaCaller, type RequestContext } from "./context.ts";
import { requireNamedLists } from "./require-list.ts";

/** Which entries a check is held against. */
export interface MatchScope {
  /** Lists to search; null for every enabled one. */
  readonly listIds: readonly bigint[] | null;
  /** False where there is no entry of a picture at all. */
  readonly anyEntries: boolean;
  /** The searched rows when the gate was asked, from memory; null where the database has to be asked. */
  readonly view: HotView | null;
  /** `robust`: by the neural hash too, in every list; `fast`: in none; null: as each list says. */
  readonly match: MatchMode;
  /** Whether the neural hash counts in any of the lists. */
  readonly wantsNeural: boolean;
}

/** Which lists a request asks for, and how they are to be matched. */
export interface AskedLists {
  /** Null for every enabled one. */
  readonly names: readonly string[] | null;
  readonly match: MatchMode;
}

/** Where a request has no say. */
export const ALL_LISTS: AskedLists = { names: null, match: null };

/** What is known of some digests, and what to hold their images against. */
export interface OpenGate extends GateLookUp {
  readonly scope: MatchScope;
  readonly quota: QuotaState;
}

/**
 * Reads what is known of digests of one kind, with the caller's quota.
 * @throws AppError list_not_found naming the lists that don't exist; list_kind_mismatch naming one that holds no pictures;
 * credentials_invalid where the key was removed
 */
export async function lookUpGate(
  ctx: RequestContext,
  kind: ExactKind,
  values: readonly string[],
  { names, match }: AskedLists,
): Promise<OpenGate> {
  const [gate, lists] = await Promise.all([
    ctx.gates.lookUp(kind, values, quotaCaller(ctx)),
    names === null ? null : resolveLists(ctx, names),
  ]);
  if (gate.quota === null) throw new AppError("credentials_invalid", "Expected an API key that still exists");
  const { anyEntries, view, widest } = gate;
  const robustLists = lists === null ? widest.neural >= 0 : lists.some((list) => list.match === "robust");
  const wantsNeural = anyEntries && match !== "fast" && (match === "robust" ? widest.neuralAny >= 0 : robustLists);
  const listIds = lists?.map(({ id }) => id) ?? null;
  return { ...gate, scope: { listIds, anyEntries, view, match, wantsNeural }, quota: gate.quota };
}

async function resolveLists(ctx: RequestContext, names: readonly string[]): Promise<NamedList[]> {
  const lists = await requireNamedLists(ctx, names);
  const [ofNames] = [...lists].filter(([, { kind }]) => kind === "names");
  if (ofNames === undefined) return [...lists.values()];
  throw new AppError(
    "list_kind_mismatch",
    `Expected names of lists of pictures for lists but received ${ofNames[0]}, which holds patterns of names`,
    { field: "lists" },
  );
}
