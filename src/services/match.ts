import type { HashKind } from "../fingerprint/fingerprint.ts";
import type { Transform } from "../fingerprint/transform.ts";

/** One entry that an image matches, by its strongest evidence. */
export interface Match {
  readonly list: string;
  readonly listKind: "disallow" | "allow";
  /** What the list does with a match; an allow list's is not used. */
  readonly action: "block" | "review";
  /** Public id, `ent_...`. */
  readonly entryId: string;
  readonly customId: string | null;
  readonly hash: HashKind;
  /** Bits; 0 for an exact hash. */
  readonly distance: number;
  /** The list's largest matching distance for this kind of hash, in bits, inclusive; 0 for an exact hash. */
  readonly threshold: number;
  /** What was done to the asked picture to meet the entry. */
  readonly transform: Transform;
}
