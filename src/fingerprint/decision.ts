import type { PerceptualKind, SearchedKind } from "./fingerprint.ts";

/** Largest distances, in bits (0..256), inclusive, at which an entry of a list matches. */
export interface MatchRule {
  /** Of PDQ alone. */
  readonly pdq: number;
  /** Of blockhash alone. */
  readonly blockhash: number;
  /** Of both, in one and the same transform and variant: wider ones, since two hashes agree. */
  readonly agreement: Readonly<Record<PerceptualKind, number>>;
  /** Of the neural hash, where it is asked for, and of the vector behind it, thousandths of 1 - cosine: both must hold. */
  readonly neural: number;
  readonly neuralVector: number;
}

/** Distances between a picture and an entry, in the units of MatchRule; Infinity where a hash is missing. */
export type Distances = Readonly<Record<SearchedKind | "neuralVector", number>>;

/** By which hash a picture matches an entry: `agreement` where only both together do; null where it doesn't match. */
export type MatchedBy = SearchedKind | "agreement" | null;

/**
 * The rule by which a picture matches an entry in one transform. The search states the same rule in SQL; the evaluation
 * judges by this one.
 */
export function matchedBy(distances: Distances, rule: MatchRule): MatchedBy {
  if (distances.pdq <= rule.pdq) return "pdq";
  if (distances.blockhash <= rule.blockhash) return "blockhash";
  if (distances.pdq <= rule.agreement.pdq && distances.blockhash <= rule.agreement.blockhash) return "agreement";
  return distances.neural <= rule.neural && distances.neuralVector <= rule.neuralVector ? "neural" : null;
}
