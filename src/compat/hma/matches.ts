import { EXACT_KINDS } from "../../fingerprint/fingerprint.ts";
import type { RequestContext } from "../../services/context.ts";
import { getMatchedLists } from "../../services/get-matched-lists.ts";
import { internalId } from "../../services/ids.ts";
import { ALL_LISTS } from "../../services/look-up-gate.ts";
import { lookUpHashes } from "../../services/look-up-hashes.ts";
import type { Match } from "../../services/match.ts";
import { bankNameOf } from "./bank-names.ts";
import { badRequest } from "./errors.ts";
import type { Hashed } from "./hash-media.ts";
import { ratioOf } from "./matching-ratio.ts";
import { NO_SIGNAL, SIGNAL_KINDS, type SignalType } from "./signals.ts";

/** What HMA says of an MD5 that is the same, since an MD5 knows no distance. */
const NO_DISTANCE = "-";

/** A piece of content that matches. */
export interface BankMatch {
  readonly list: string;
  readonly bank: string;
  readonly id: number;
  /** Bits, as text; `-` for an MD5. */
  readonly distance: string;
}

/** HMA's matches by the name of their bank. */
export type MatchesByBank = Record<string, { bank_content_id: number; distance: string }[]>;

/** The content in the banks that are switched on which a signal matches, nearest first; free of charge. */
export async function matchSignal(ctx: RequestContext, type: SignalType, signal: string): Promise<BankMatch[]> {
  const { answers } = await lookUpHashes(ctx, [{ kind: SIGNAL_KINDS[type], value: signal }], ALL_LISTS);
  const matches = (answers[0]?.matches ?? []).filter(isBanned);
  if (type === "pdq") return matches.map((match) => bankMatch(match, String(match.distance)));
  // What a seen picture with this MD5 looks like is not what was asked.
  return matches.filter(isExact).map((match) => bankMatch(match, NO_DISTANCE));
}

/**
 * The same for what was hashed, by signal type: first as HMA does, by the signal alone, then what the check found besides.
 * The very same bytes, and mirrored, turned or framed copies, are put to `pdq` with the distance they were found at; what
 * only another hash says goes by the name of that hash.
 * @throws AppError parameter_invalid where there is no signal to look up, and no banked file with the same bytes
 */
export async function matchMedia(ctx: RequestContext, hashed: Hashed): Promise<Map<string, BankMatch[]>> {
  const { type, signal, check } = hashed;
  const bySignal = signal === NO_SIGNAL ? [] : await matchSignal(ctx, type, signal);
  const found = new Map([[type as string, bySignal]]);
  const known = new Set(bySignal.map(({ id }) => id));
  for (const match of (check?.matches ?? []).filter(isBanned)) {
    const also = bankMatch(match, String(match.distance));
    if (known.has(also.id)) continue;
    const key = isExact(match) ? "pdq" : match.hash;
    found.set(key, [...(found.get(key) ?? []), also]);
  }
  if (signal === NO_SIGNAL && found.get("pdq")?.length === 0) throw badRequest("invalid signal: invalid PDQ hash");
  return found;
}

/** Keeps what is in the named banks; `banks` is a list by commas, undefined or empty for all. */
export function inBanks(matches: readonly BankMatch[], banks: string | undefined): BankMatch[] {
  if (banks === undefined || banks === "") return [...matches];
  const names = new Set(banks.split(","));
  return matches.filter(({ bank }) => names.has(bank));
}

/**
 * Keeps what is in banks that the lot lets match, the ones with a greater ratio than it.
 * @param lot from 0 up to 1 (drawLot); 0 leaves everything
 */
export async function afterLot(ctx: RequestContext, matches: readonly BankMatch[], lot: number): Promise<BankMatch[]> {
  const lists = await getMatchedLists(ctx, matches);
  const matching = new Set(lists.filter((list) => ratioOf(list) >= lot).map(({ name }) => name));
  return matches.filter(({ list }) => matching.has(list));
}

export function byBank(matches: readonly BankMatch[]): MatchesByBank {
  const banks: MatchesByBank = {};
  for (const { bank, id, distance } of matches) {
    banks[bank] ??= [];
    banks[bank].push({ bank_content_id: id, distance });
  }
  return banks;
}

function bankMatch({ list, entryId }: Match, distance: string): BankMatch {
  return { list, bank: bankNameOf(list), id: Number(internalId("entry", entryId)), distance };
}

function isBanned({ listKind }: Match): boolean {
  return listKind === "disallow";
}

function isExact({ hash }: Match): boolean {
  return (EXACT_KINDS as readonly string[]).includes(hash);
}
