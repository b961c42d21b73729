import type { z } from "@hono/zod-openapi";
import type { ListRow } from "../../services/get-list.ts";
import type { listChangesSchema } from "../schemas/list.ts";

type Given = z.infer<typeof listChangesSchema>;
/** Which column each member of a list's JSON goes to. */
const COLUMNS = {
  kind: "kind",
  action: "action",
  pdq_threshold: "pdqThreshold",
  blockhash_threshold: "blockhashThreshold",
  agreement_pdq_threshold: "agreementPdqThreshold",
  agreement_blockhash_threshold: "agreementBlockhashThreshold",
  neural_threshold: "neuralThreshold",
  neural_vector_threshold: "neuralVectorThreshold",
  match: "match",
  description: "description",
  metadata: "metadata",
  enabled: "enabled",
} as const satisfies Record<keyof Given, keyof ListRow>;

/** The same settings under the columns' names. */
type Named<Settings> = {
  [Member in keyof Settings as Member extends keyof Given ? (typeof COLUMNS)[Member] : never]: Exclude<
    Settings[Member],
    undefined
  >;
};

/** A list's settings as the database names them; those that weren't given are left out. */
export function listFields<Settings extends Given>(given: Settings): Named<Settings> {
  const named = Object.entries(COLUMNS).map(([member, column]) => [column, given[member as keyof Given]]);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined));
}
