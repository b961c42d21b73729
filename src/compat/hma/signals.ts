import type { HashKind } from "../../fingerprint/fingerprint.ts";
import { badRequest } from "./errors.ts";
import { shortText } from "./short-text.ts";

/** HMA's signal types that are served, and the hash behind each. */
export const SIGNAL_KINDS = { pdq: "pdq", video_md5: "md5" } as const satisfies Record<string, HashKind>;
export type SignalType = keyof typeof SIGNAL_KINDS;

/** HMA's content types, and the signal types that each is hashed to. */
export const CONTENT_SIGNALS = { photo: "pdq", video: "video_md5" } as const satisfies Record<string, SignalType>;
export type ContentType = keyof typeof CONTENT_SIGNALS;

/** PDQ of a picture without enough detail to be matched by: HMA answers it instead of a hash. */
export const NO_SIGNAL = "";

/** @throws AppError parameter_invalid */
export function readContentType(name: string): ContentType {
  if (Object.hasOwn(CONTENT_SIGNALS, name)) return name as ContentType;
  throw badRequest(`no such content_type: '${name.slice(0, 60)}'`);
}

/**
 * Reads `types`, a list by commas of the signal types that are wanted; every content type has one.
 * @throws AppError parameter_invalid
 */
export function checkWantedTypes(types: string | undefined, contentType: ContentType): void {
  if (types === undefined) return;
  const wanted = types
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const unknown = wanted.find((name) => name !== CONTENT_SIGNALS[contentType]);
  if (unknown !== undefined) throw badRequest(`signal type '${unknown.slice(0, 60)}' doesn't exist or is disabled`);
  if (wanted.length === 0) throw badRequest("empty signal type selection");
}

export function isSignalType(name: string): name is SignalType {
  return Object.hasOwn(SIGNAL_KINDS, name);
}

/** @throws AppError parameter_invalid */
export function readSignalType(name: string): SignalType {
  if (isSignalType(name)) return name;
  throw badRequest(`No such SignalType '${name.slice(0, 60)}'`);
}

/** A signal as it is stored; null where it is none. PDQ hashes are lower case, MD5s are made so. */
export function normalSignal(type: SignalType, signal: unknown): string | null {
  if (typeof signal !== "string") return null;
  if (type === "pdq") return /^[0-9a-f]{64}$/.test(signal) ? signal : null;
  const normal = signal.trim().toLowerCase();
  return /^[0-9a-f]{32}$/.test(normal) ? normal : null;
}

/** HMA's words for what `normalSignal` refuses. */
export function signalFault(type: SignalType, signal: unknown): string {
  return type === "pdq" ? "invalid PDQ hash" : `'${shortText(signal)}' is not a valid MD5 hash`;
}
