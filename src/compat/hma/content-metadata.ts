import { customId, metadata as metadataTexts } from "../../http/schemas/list.ts";
import type { EntryRow } from "../../services/get-entry.ts";
import { badRequest } from "./errors.ts";
import { asObject, type JsonObject } from "./read-json.ts";

/** What HMA keeps of a piece of content for its owner (schemas/curation.py, BankedContentMetadata). */
export interface ContentMetadata {
  readonly customId: string | null;
  readonly texts: Readonly<Record<string, string>>;
}

export const NO_METADATA: ContentMetadata = { customId: null, texts: {} };

/** `collab` says what an exchange gave; whoever sends it has it ignored. */
const NAMES = new Set(["content_id", "content_uri", "json", "collab"]);

/** `json` is kept as text, in pieces of so many characters at most, under names of this form: `json`, `json_2`, ... */
const PIECE = 1000;
const MOST_PIECES = 16;
const pieceName = (place: number) => (place === 0 ? "json" : `json_${place + 1}`);

/**
 * Reads `metadata`: content_id becomes the entry's custom id, the rest its metadata.
 * @throws AppError parameter_invalid in HMA's words
 */
export function readMetadata(given: unknown): ContentMetadata {
  if (given === undefined || given === null) return NO_METADATA;
  const metadata = asObject(given);
  if (metadata === null) throw badRequest("metadata should be a json object");
  const foreign = Object.keys(metadata).find((name) => !NAMES.has(name));
  if (foreign !== undefined) throw invalid(`Extra inputs are not permitted: ${foreign.slice(0, 60)}`);
  const json = metadata.json ?? undefined;
  if (json !== undefined && asObject(json) === null) throw invalid("json should be a valid dictionary");
  const texts = metadataTexts.safeParse({
    ...textOf(metadata, "content_uri"),
    ...(json !== undefined && inPieces(jsonText(json))),
  });
  if (!texts.success) throw invalid("content_uri has at most 1000 characters, and no NUL among them");
  const { content_id } = textOf(metadata, "content_id");
  const id = customId.nullable().safeParse(content_id ?? null);
  if (!id.success) throw invalid("content_id has 1 to 255 characters, and no NUL among them");
  return { customId: id.data, texts: texts.data };
}

function inPieces(json: string): Record<string, string> {
  if (json.length <= PIECE) return { [pieceName(0)]: json };
  // What is cut may fall apart: a character of two units, but no escape of one.
  const ascii = json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const pieces = ascii.match(new RegExp(`.{1,${PIECE}}`, "g")) ?? [];
  if (pieces.length > MOST_PIECES) throw invalid(`json has at most ${PIECE * MOST_PIECES} characters`);
  return Object.fromEntries(pieces.map((piece, place) => [pieceName(place), piece]));
}

function joined(metadata: EntryRow["metadata"]): string | undefined {
  let json = metadata[pieceName(0)];
  for (let place = 1; json !== undefined && place < MOST_PIECES; place++) json += metadata[pieceName(place)] ?? "";
  return json;
}

function textOf(metadata: JsonObject, name: string): Record<string, string> {
  const value = metadata[name] ?? undefined;
  if (value === undefined) return {};
  if (typeof value !== "string") throw invalid(`${name} should be a valid string`);
  return { [name]: value };
}

function jsonText(json: unknown): string {
  try {
    return JSON.stringify(json);
  } catch {
    // Nested deeper than can be written; what was sent can always be read.
    throw invalid("json is nested too deeply");
  }
}

function invalid(what: string): Error {
  return badRequest(`Invalid metadata: ${what}`);
}

/** What was kept, as HMA gives it back; null where nothing was. */
export function presentMetadata({ customId, metadata }: EntryRow): JsonObject | null {
  const { content_uri } = metadata;
  const json = joined(metadata);
  if (customId === null && content_uri === undefined && json === undefined) return null;
  return { content_id: customId, content_uri: content_uri ?? null, json: parsed(json), collab: null };
}

/** Null for a text that was put there by other means and is no JSON. */
function parsed(json: string | undefined): JsonObject | null {
  try {
    return json === undefined ? null : asObject(JSON.parse(json));
  } catch {
    return null;
  }
}
