import type { EntryHashCounts, HashCount } from "../../services/count-entry-hashes.ts";
import { badRequest } from "./errors.ts";
import { isSignalType, SIGNAL_KINDS, type SignalType } from "./signals.ts";

/**
 * The signal types that a status is asked of; all where none is named.
 * @throws AppError parameter_invalid
 */
export function wantedSignalTypes(name: string | undefined): SignalType[] {
  if (name === undefined) return Object.keys(SIGNAL_KINDS).filter(isSignalType);
  if (isSignalType(name)) return [name];
  throw badRequest(`No such signal type '${name.slice(0, 60)}'`);
}

/** `/m/index/status`. There is no index that lags behind: what was banked is searched by the next request. */
export function indexStatus(types: readonly SignalType[], counts: EntryHashCounts) {
  const status = types.map((type) => {
    const hashes = counts[SIGNAL_KINDS[type]];
    return [type, { present: true, built_to: builtTo(hashes), size: hashes.count }] as const;
  });
  return Object.fromEntries(status);
}

/** `/c/signal_type/index`: the same in other words. */
export function indexAges(types: readonly SignalType[], counts: EntryHashCounts) {
  const ages = types.map((type) => {
    const hashes = counts[SIGNAL_KINDS[type]];
    const [size, newest] = [hashes.count, builtTo(hashes)];
    return [
      type,
      { db_size: size, index_size: size, index_out_of_date: false, newest_db_item: newest, index_built_to: newest },
    ] as const;
  });
  return Object.fromEntries(ages);
}

/** Unix seconds; -1 where nothing is banked. */
function builtTo({ newestAt }: HashCount): number {
  return newestAt === null ? -1 : Math.floor(newestAt.getTime() / 1000);
}
