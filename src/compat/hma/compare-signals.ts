import { DEFAULT_MATCH_RULE } from "../../fingerprint/default-rule.ts";
import { hammingDistance } from "../../fingerprint/hamming.ts";
import { badRequest } from "./errors.ts";
import type { JsonObject } from "./read-json.ts";
import { normalSignal, readSignalType, type SignalType, signalFault } from "./signals.ts";

/** Whether two signals of a type match, and how: `[true, {"distance": 9}]`; `[true, {}]` for MD5s. */
type Comparison = [boolean, { distance?: number }];

/**
 * Compares pairs of signals by type, without any bank.
 * @throws AppError parameter_invalid in HMA's words
 */
export function compareSignals(pairs: JsonObject): Record<string, Comparison> {
  const compared = Object.entries(pairs).map(([name, pair]) => {
    if (!Array.isArray(pair)) throw badRequest(`Comparison hashes for ${name.slice(0, 60)} was not a list`);
    if (pair.length !== 2) throw badRequest("Comparison hash list length must be exactly 2");
    const type = readSignalType(name);
    const [left, right] = pair.map((signal: unknown) => readOne(type, signal));
    return [name, compare(type, left ?? "", right ?? "")] as const;
  });
  return Object.fromEntries(compared);
}

function readOne(type: SignalType, signal: unknown): string {
  const normal = normalSignal(type, signal);
  if (normal !== null) return normal;
  throw badRequest(`Invalid ${type} hash: ${signalFault(type, signal)}`);
}

function compare(type: SignalType, left: string, right: string): Comparison {
  if (type !== "pdq") return [left === right, {}];
  const distance = hammingDistance(left, right);
  return [distance <= DEFAULT_MATCH_RULE.pdq, { distance }];
}
