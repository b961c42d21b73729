import { type NameEntry, type NameList, readNameLists } from "../db/name-patterns.ts";
import { AppError } from "../errors.ts";
import { foldName } from "../names/fold.ts";
import { MAX_NAME_LENGTH } from "../names/pattern.ts";
import type { RequestContext } from "./context.ts";
import { publicId } from "./ids.ts";
import { type ComputingTime, runInPieces } from "./run-in-pieces.ts";

/** All names of one request together, in milliseconds of computing. */
const MOST_MS = 10_000;

/** A pattern that a name matches. */
export interface NameMatch {
  readonly list: string;
  /** What the list does with a match. */
  readonly action: "block" | "review";
  /** Public id, `ent_...`. */
  readonly entryId: string;
  readonly customId: string | null;
  readonly pattern: string;
  readonly syntax: NameEntry["syntax"];
  /** The part of the name, as it was compared. */
  readonly matchedText: string;
}

export interface NameAnswer {
  /** The name as a person reads it: lower case, look-alikes as the letters they look like. */
  readonly folded: string;
  /** At most 100 of each list. */
  readonly matches: readonly NameMatch[];
}

/**
 * Holds names against the patterns of lists, as these are when this is called, in any process. Costs nothing.
 * @param names null where a profile has none
 * @param listIds null for every enabled list of names
 * @returns for each name its answer, or what is wrong with it: parameter_invalid, overloaded
 * @throws ClientAborted
 */
export async function matchNames(
  ctx: RequestContext,
  names: readonly (string | null)[],
  listIds: readonly bigint[] | null,
): Promise<(NameAnswer | AppError | null)[]> {
  if (names.every((name) => name === null)) return names.map(() => null);
  const lists = await readNameLists(ctx.db, listIds);
  if (listIds === null) ctx.nameMatchers.keepOnly(lists);
  const time = { leftMs: MOST_MS };
  const answers: (NameAnswer | AppError | null)[] = [];
  for (const name of names) {
    answers.push(name === null ? null : await matchName(ctx, name, lists, time).catch(appErrorOnly));
  }
  return answers;
}

async function matchName(
  ctx: RequestContext,
  name: string,
  lists: readonly NameList[],
  time: ComputingTime,
): Promise<NameAnswer> {
  if (name.length > MAX_NAME_LENGTH) {
    throw new AppError(
      "parameter_invalid",
      `Expected at most ${MAX_NAME_LENGTH} characters for name but received ${name.length}`,
      { field: "name" },
    );
  }
  const matches: NameMatch[] = [];
  for (const list of lists) {
    const matcher = await ctx.nameMatchers.get(ctx.db, list);
    for (const { pattern, text } of await runInPieces(matcher.find(name), time, ctx.client)) {
      matches.push({
        list: list.name,
        action: list.action,
        entryId: publicId("entry", pattern.entryId),
        customId: pattern.customId,
        pattern: pattern.pattern,
        syntax: pattern.syntax,
        matchedText: text,
      });
    }
  }
  return { folded: foldName(name).readable, matches };
}

function appErrorOnly(error: unknown): AppError {
  if (error instanceof AppError) return error;
  throw error;
}
