import { AppError } from "../../errors.ts";
import { redactKeys } from "../../redact-keys.ts";
import type { RequestContext } from "../../services/context.ts";
import { type EntryRow, getEntry } from "../../services/get-entry.ts";
import type { ListRow } from "../../services/get-list.ts";
import { publicId } from "../../services/ids.ts";
import { presentBank } from "./banks.ts";
import { presentMetadata } from "./content-metadata.ts";
import { NO_SIGNAL } from "./signals.ts";

/** HMA's marks for content that matches and content that was switched off. */
export const ENABLED = 1;
export const DISABLED = 0;

/** Tells an entry that was switched off from one that was deleted: both are lifted. */
export const SWITCHED_OFF = "disable_until_ts";

/** Numbers with more digits than this are no entry's. */
const MOST_DIGITS = 15;

/**
 * The entry behind the number of a piece of content, as long as it was not deleted.
 * @throws AppError entry_not_found in HMA's words
 */
export async function requireContent(ctx: RequestContext, bank: ListRow, contentId: string): Promise<EntryRow> {
  const entry = await findContent(ctx, bank, contentId);
  if (entry !== null) return entry;
  throw new AppError("entry_not_found", `content '${redactKeys(contentId).slice(0, 40)}' not found`);
}

/** Null where the bank has no such content, or had it deleted. */
export async function findContent(ctx: RequestContext, bank: ListRow, contentId: string): Promise<EntryRow | null> {
  if (contentId.length > MOST_DIGITS) return null;
  try {
    const entry = await getEntry(ctx, bank.name, entryIdOf(contentId));
    return entry.enabled || Object.hasOwn(entry.metadata, SWITCHED_OFF) ? entry : null;
  } catch (error) {
    if (error instanceof AppError && error.code === "entry_not_found") return null;
    throw error;
  }
}

export function entryIdOf(contentId: string): string {
  return publicId("entry", BigInt(contentId));
}

/** HMA's signals of an entry; none where its picture has too little detail. */
export function signalsOf({ pdq, md5, detail, source }: EntryRow): Record<string, string> {
  return {
    ...(pdq !== null && detail === "sufficient" && pdq !== NO_SIGNAL && { pdq }),
    // Of a picture that is at hand HMA keeps no MD5.
    ...(md5 !== null && source === "hashes" && { video_md5: md5 }),
  };
}

/** What `GET` answers of a piece of content (schemas/curation.py, BankContentResponse); optional members only where set. */
export function presentContent(entry: EntryRow, bank: ListRow, include: { signals: boolean; metadata: boolean }) {
  const metadata = include.metadata ? presentMetadata(entry) : null;
  const signals = signalsOf(entry);
  return {
    id: Number(entry.id),
    disable_until_ts: stateOf(entry),
    original_media_uri: entry.sourceUrl,
    bank: presentBank(bank),
    ...(include.signals && Object.keys(signals).length > 0 && { signals }),
    ...(metadata !== null && { metadata }),
    ...(entry.note !== "" && { note: entry.note }),
  };
}

/** What `PUT` answers: the same content in the words of HMA's storage. */
export function presentChangedContent(entry: EntryRow, bank: ListRow) {
  return {
    bank: presentBank(bank),
    collab_metadata: {},
    disable_until_ts: stateOf(entry),
    id: Number(entry.id),
    note: entry.note === "" ? null : entry.note,
    original_media_uri: entry.sourceUrl,
    user_metadata: presentMetadata(entry),
  };
}

function stateOf({ enabled, expiresAt }: EntryRow): number {
  return enabled && (expiresAt === null || expiresAt > new Date()) ? ENABLED : DISABLED;
}
