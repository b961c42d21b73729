import { insertList, type ListFields, type ListRow } from "../db/lists.ts";
import { AppError } from "../errors.ts";
import { DEFAULT_MATCH_RULE } from "../fingerprint/default-rule.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import { requireNeuralHash } from "./require-neural-hash.ts";
import { requireScope } from "./require-scope.ts";

type Threshold = Extract<keyof ListFields, `${string}Threshold`>;
type Thresholds = Pick<ListFields, Threshold>;

/** A list's settings; thresholds that aren't named get their defaults. */
export type NewListFields = Omit<ListFields, Threshold> & Partial<Thresholds>;

const DEFAULTS: Thresholds = {
  pdqThreshold: DEFAULT_MATCH_RULE.pdq,
  blockhashThreshold: DEFAULT_MATCH_RULE.blockhash,
  agreementPdqThreshold: DEFAULT_MATCH_RULE.agreement.pdq,
  agreementBlockhashThreshold: DEFAULT_MATCH_RULE.agreement.blockhash,
  neuralThreshold: DEFAULT_MATCH_RULE.neural,
  neuralVectorThreshold: DEFAULT_MATCH_RULE.neuralVector,
};

/** Who names a hash's own threshold doesn't expect matches beyond it, unless the thresholds for agreement are named too. */
const NO_AGREEMENT = { agreementPdqThreshold: 0, agreementBlockhashThreshold: 0 };

/** @throws AppError list_exists; match_unavailable where it is to match by a hash that the model doesn't give */
export async function createList(ctx: RequestContext, name: string, given: NewListFields): Promise<ListRow> {
  const actor = requireScope(ctx, "lists");
  if (given.match === "robust") requireNeuralHash(ctx, "match");
  const namesOwn = given.pdqThreshold !== undefined || given.blockhashThreshold !== undefined;
  const fields = { ...DEFAULTS, ...(namesOwn && NO_AGREEMENT), ...given };
  const row = await insertList(ctx.db, name, fields, auditEvent(ctx, actor, "list.create", name, fields));
  if (row !== null) return row;
  throw nameTaken(name);
}

export function nameTaken(name: string): AppError {
  return new AppError("list_exists", `Expected the name of no existing list but received ${name}`, { field: "name" });
}
