import type { Database } from "../db/client.ts";
import { type NameEntry, type NameList, readNameEntries } from "../db/name-patterns.ts";
import { createNameMatcher, type NameMatcher } from "../names/name-matcher.ts";
import { createRegexCache } from "../names/regex-cache.ts";
import { computingTime, runInPieces } from "./run-in-pieces.ts";

/** Of the compiled expressions that a process keeps, together: some 200 MB. */
const MOST_INSTRUCTIONS = 300_000;
/** Making the patterns of one list ready, in milliseconds of computing. */
const MOST_MS = 30_000;

/** The patterns of lists made ready, as this process remembers them. */
export interface NameMatchers {
  /** The patterns of a list that was read a moment ago: as they were then, or later, and some that have expired. */
  get(db: Database, list: NameList): Promise<NameMatcher<NameEntry>>;
  /** Forgets all other lists. */
  keepOnly(lists: readonly NameList[]): void;
}

interface Remembered {
  version: string | null;
  readonly matcher: Promise<NameMatcher<NameEntry>>;
  /** False while the patterns are yet to be read, once those of an earlier version are ready. */
  isReading: boolean;
}

export function createNameMatchers(): NameMatchers {
  const remembered = new Map<bigint, Remembered>();
  const regexes = createRegexCache(MOST_INSTRUCTIONS);

  /** What is read is what the version says, or newer: no version comes twice. */
  async function make(db: Database, { id }: NameList, begin: () => void): Promise<NameMatcher<NameEntry>> {
    begin();
    const work = createNameMatcher(await readNameEntries(db, id), regexes);
    return await runInPieces(work, computingTime(MOST_MS), null);
  }

  return {
    get(db, list) {
      const known = remembered.get(list.id);
      // What is yet to be read will be as new as this version, or newer: many changes at once are made ready together.
      if (known !== undefined && (known.version === list.version || !known.isReading)) {
        known.version = list.version;
        return known.matcher;
      }
      const begin = () => {
        made.isReading = true;
      };
      const earlier = known?.matcher ?? Promise.resolve();
      const matcher = earlier.then(
        () => make(db, list, begin),
        () => make(db, list, begin),
      );
      const made = { version: list.version, matcher, isReading: false };
      remembered.set(list.id, made);
      // Whoever waits hears of the failure; the next one tries again.
      matcher.catch(() => remembered.get(list.id) === made && remembered.delete(list.id));
      return matcher;
    },
    keepOnly(lists) {
      const kept = new Set(lists.map(({ id }) => id));
      for (const id of remembered.keys()) if (!kept.has(id)) remembered.delete(id);
    },
  };
}
