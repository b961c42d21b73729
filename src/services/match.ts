import type { ExactKind, SearchedKind } from "../fingerprint/fingerprint.ts";
import type { MatchTransform } from "../fingerprint/transform.ts";

/** One entry that an image matches, by its strongest evidence. */
export interface Match {
  readonly list: string;
  readonly listKind: "disallow" | "allow";
  /** What the list does with a match; an allow list's is not used. */
  readonly action: "block" | "review";
  /** Public id, `ent_...`. */
  readonly entryId: string;
  readonly customId: string | null;
  readonly hash: ExactKind | SearchedKind;
  /** Bits; 0 for an exact hash. */
  readonly distance: number;
  /** The list's largest matching distance for this kind of hash, in bits, inclusive; 0 for an exact hash. */
  readonly threshold: number;
  /** What was done to the asked picture, or the entry's, before they met. */
  readonly transform: MatchTransform;
  /**
   * What agrees besides: the other hash where neither alone is near enough (bits), the vector behind a neural hash
   * (thousandths of 1 - cosine); null otherwise.
   */
  readonly confirmedBy: {
    readonly hash: "blockhash" | "neural_vector";
    readonly distance: number;
    readonly threshold: number;
  } | null;
  /** Of the entry's perceptual hashes; null for an exact hash, and where they were given without a picture. */
  readonly fingerprintVersion: number | null;
}
