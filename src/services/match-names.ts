import { type NameEntry, type NameList, readNameLists } from "../db/name-patterns.ts";
import { AppError } from "../errors.ts";
import { foldName } from "../names/fold.ts";
import type { FoundPattern, NameMatcher } from "../names/name-matcher.ts";
import { MAX_NAME_LENGTH } from "../names/pattern.ts";
import type { RequestContext } from "./context.ts";
import { publicId } from "./ids.ts";
import { type ComputingTime, computingTime, runInPieces } from "./run-in-pieces.ts";

/** What the names of one request may take, in milliseconds of computing: so much, and so much for each of them. */
const MOST_MS = 250;
const MOST_MS_EACH = 20;

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

/** What became of one name. */
export interface NameOutcome {
  /** Null where there is no name, or nothing can be told of it. */
  readonly answer: NameAnswer | null;
  /** What kept the name from being compared with every pattern; null: nothing. */
  readonly failure: AppError | null;
}

interface ReadyList {
  readonly list: NameList;
  readonly matcher: NameMatcher<NameEntry>;
}

/** A name, and what was found of it. */
interface ComparedName {
  readonly name: string;
  readonly found: ReadonlyMap<NameList, FoundPattern<NameEntry>[]>;
  failure: AppError | null;
}

/**
 * Holds names against the patterns of lists, as these are when this is called, in any process. Costs nothing. Where the time
 * is used up, what was found by then counts; the expressions that may take it come last, for all names.
 * @param names null where a profile has none
 * @param listIds null for every enabled list of names
 * @returns for each name its answer, or what is wrong with it: parameter_invalid, overloaded
 * @throws ClientAborted
 */
export async function matchNames(
  ctx: RequestContext,
  names: readonly (string | null)[],
  listIds: readonly bigint[] | null,
): Promise<NameOutcome[]> {
  const given = names.filter((name) => name !== null);
  if (given.length === 0) return names.map(() => ({ answer: null, failure: null }));
  const lists = await readNameLists(ctx.db, listIds);
  if (listIds === null) ctx.nameMatchers.keepOnly(lists);
  const ready = await Promise.all(
    lists.map(async (list) => ({ list, matcher: await ctx.nameMatchers.get(ctx.db, list) })),
  );
  const time = computingTime(MOST_MS + MOST_MS_EACH * given.length);
  const compared = names.map((name) => (name === null ? null : newName(name, lists)));
  for (const way of ["find", "findByTrial"] as const) {
    for (const name of compared) if (name?.failure === null) await compare(ctx, name, ready, way, time);
  }
  return compared.map((name) => (name === null ? { answer: null, failure: null } : outcomeOf(name)));
}

function newName(name: string, lists: readonly NameList[]): ComparedName {
  const isTooLong = name.length > MAX_NAME_LENGTH;
  const expected = `Expected at most ${MAX_NAME_LENGTH} characters for name but received ${name.length}`;
  return {
    name,
    found: new Map(lists.map((list) => [list, []])),
    failure: isTooLong ? new AppError("parameter_invalid", expected, { field: "name" }) : null,
  };
}

async function compare(
  ctx: RequestContext,
  compared: ComparedName,
  ready: readonly ReadyList[],
  way: "find" | "findByTrial",
  time: ComputingTime,
): Promise<void> {
  try {
    for (const { list, matcher } of ready) {
      const isInForce = ({ expiresAt }: NameEntry) => expiresAt === null || expiresAt > list.readAt;
      await runInPieces(matcher[way](compared.name, compared.found.get(list) ?? [], isInForce), time, ctx.client);
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    compared.failure = error;
  }
}

function outcomeOf({ name, found, failure }: ComparedName): NameOutcome {
  const matches = [...found].flatMap(([list, patterns]) =>
    patterns
      .toSorted((left, right) => Number(left.pattern.entryId - right.pattern.entryId))
      .map(({ pattern, text }) => ({
        list: list.name,
        action: list.action,
        entryId: publicId("entry", pattern.entryId),
        customId: pattern.customId,
        pattern: pattern.pattern,
        syntax: pattern.syntax,
        matchedText: text,
      })),
  );
  if (failure !== null && matches.length === 0) return { answer: null, failure };
  return { answer: { folded: foldName(name).readable, matches }, failure };
}
