import type { EntryRow } from "../../services/get-entry.ts";
import { DISABLED, SWITCHED_OFF } from "./content.ts";
import { badRequest } from "./errors.ts";
import type { JsonObject } from "./read-json.ts";
import { shortText } from "./short-text.ts";

/** HMA's longest note, in characters. */
const NOTE_MAX = 255;
const FIVE_YEARS_S = 5 * 365 * 24 * 3600;
const UNSTORABLE = /[\0\p{Cs}]/u;

/**
 * Reads a note; empty where there is none.
 * @throws AppError parameter_invalid in HMA's words
 */
export function readNote(given: unknown): string {
  if (given === undefined || given === null || given === "") return "";
  if (typeof given !== "string") throw badRequest("note should be a string");
  if (given.length > NOTE_MAX) throw badRequest(`note must be at most ${NOTE_MAX} characters`);
  if (UNSTORABLE.test(given)) throw badRequest("note must be without NUL characters and lone surrogates");
  return given;
}

/**
 * What a `PUT` of content asks for. 0 switches it off, 1 and times that are past switch it on; content that comes back by
 * itself at a later time there is none here.
 * @throws AppError parameter_invalid
 */
export function readContentChanges(given: JsonObject, entry: EntryRow) {
  const state = "disable_until_ts" in given ? readState(given.disable_until_ts) : undefined;
  const metadata = withoutMark(entry);
  return {
    ...(state === "on" && { enabled: true, metadata }),
    ...(state === "off" && { enabled: false, metadata: { ...metadata, [SWITCHED_OFF]: String(DISABLED) } }),
    ...("note" in given && { note: readNote(given.note) }),
  };
}

/** Lifts an entry for good as far as this surface goes; it stays for the record. */
export function deletion(entry: EntryRow) {
  return { enabled: false, metadata: withoutMark(entry) };
}

function withoutMark({ metadata }: EntryRow): EntryRow["metadata"] {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== SWITCHED_OFF));
}

function readState(given: unknown): "on" | "off" {
  const isWhole = typeof given === "number" || (typeof given === "string" && /^\s*[+-]?\d+\s*$/.test(given));
  const seconds = isWhole ? Math.trunc(Number(given)) : Number.NaN;
  if (!Number.isFinite(seconds)) throw badRequest(`Invalid int: '${shortText(given)}'`);
  if (seconds < 0) throw badRequest("disable_until_ts must be a non-negative integer");
  const now = Date.now() / 1000;
  if (seconds > now + FIVE_YEARS_S) throw badRequest("disable_until_ts must be less than 5 years in the future");
  if (seconds > now)
    throw badRequest("disable_until_ts must be 0 (off), 1 (on) or past here: nothing comes back by itself");
  return seconds === DISABLED ? "off" : "on";
}
