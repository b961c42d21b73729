import { createHash } from "node:crypto";
import { insertEntry } from "../db/entries.ts";
import { AppError } from "../errors.ts";
import { patternIdentity, type Syntax } from "../names/pattern.ts";
import { PatternError } from "../names/pattern-error.ts";
import { auditEvent } from "./audit-event.ts";
import { AUDIT_ACTIONS, type BanInput, type BanResult } from "./ban-image.ts";
import type { RequestContext } from "./context.ts";
import { getList, noSuchList } from "./get-list.ts";
import { publicId } from "./ids.ts";
import { requireScope } from "./require-scope.ts";

export interface BanNameInput extends Omit<BanInput, "picture"> {
  readonly pattern: string;
  readonly syntax: Syntax;
}

/**
 * Puts a pattern into a list of names; the next name anywhere is held against it. One that matches the same names is the
 * same pattern: it gives the entry that is there, in force again where it was not.
 * @throws AppError list_not_found; list_kind_mismatch; pattern_invalid
 */
export async function banName(ctx: RequestContext, input: BanNameInput): Promise<BanResult> {
  const actor = requireScope(ctx, "lists");
  const list = await getList(ctx, input.listName);
  if (list.kind !== "names") {
    throw new AppError(
      "list_kind_mismatch",
      `Expected a list of names for a pattern but received ${list.name}, which holds pictures`,
      { field: "pattern" },
    );
  }
  const { pattern, syntax } = input;
  const fields = {
    listId: list.id,
    identity: createHash("sha256").update(identityOf(pattern, syntax)).digest("hex"),
    source: "pattern" as const,
    pattern,
    patternSyntax: syntax,
    detail: "insufficient" as const,
    customId: input.customId,
    note: input.note,
    metadata: input.metadata ?? {},
    expiresAt: input.expiresAt,
    createdBy: actor.id,
  };
  const added = await insertEntry(ctx.db, fields, [], (entry, outcome) => {
    const details = { list: list.name, source: entry.source, pattern, syntax, custom_id: entry.customId };
    return auditEvent(ctx, actor, AUDIT_ACTIONS[outcome], publicId("entry", entry.id), details);
  });
  if (added === null) return noSuchList(input.listName);
  return { entry: added.row, outcome: added.outcome };
}

function identityOf(pattern: string, syntax: Syntax): string {
  try {
    return patternIdentity(pattern, syntax);
  } catch (error) {
    if (error instanceof PatternError) throw new AppError("pattern_invalid", error.message, { field: "pattern" });
    throw error;
  }
}
