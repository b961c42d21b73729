import type { GivenHashes } from "../../services/ban-image.ts";
import { badRequest } from "./errors.ts";
import type { JsonObject } from "./read-json.ts";
import { isSignalType, normalSignal, SIGNAL_KINDS, signalFault } from "./signals.ts";

/**
 * Reads signals by type that are to be banked, as hashes and as they are told back.
 * @throws AppError parameter_invalid in HMA's words
 */
export function readBankedSignals(given: JsonObject): { hashes: GivenHashes; signals: Record<string, string> } {
  const signals: Record<string, string> = {};
  const hashes: { pdq?: string; md5?: string } = {};
  for (const [type, value] of Object.entries(given)) {
    if (!isSignalType(type)) throw badRequest(`No such signal type ${type.slice(0, 60)}`);
    const signal = normalSignal(type, value);
    if (signal === null) throw badRequest(`Invalid ${type} signal: ${signalFault(type, value)}`);
    signals[type] = signal;
    hashes[SIGNAL_KINDS[type]] = signal;
  }
  if (Object.keys(signals).length === 0) throw badRequest("No signals given");
  return { hashes, signals };
}
