import type { GivenFeedback } from "../db/given-feedback.ts";
import type { QuotaState } from "../db/quota-state.ts";
import type { Detail, DetailCause, Digests, Look, PerceptualKind } from "../fingerprint/fingerprint.ts";
import type { MatchTransform } from "../fingerprint/transform.ts";
import type { ImageFormat, Scores } from "../worker/protocol.ts";
import type { Match } from "./match.ts";
import type { Reason, Verdict } from "./verdict.ts";

export interface FingerprintFacts extends Digests {
  readonly pdq: string | null;
  /** 0..100. */
  readonly pdqQuality: number;
  readonly blockhash: string | null;
  readonly detail: Detail;
  /** What the whole picture lacks; null where it is matched by its looks. */
  readonly detailCause: DetailCause | null;
  /** The hashes of the picture without its borders; null where nothing was cut off. */
  readonly trimmed: TrimmedHashes | null;
  /** By the classifier's model; null where it didn't see the picture, or gives none. */
  readonly neural: string | null;
  /** Pixels, after EXIF orientation. */
  readonly width: number;
  readonly height: number;
  readonly format: ImageFormat;
  readonly frames: number;
  readonly bytes: number;
}

/** 64 hex digits each. */
export interface TrimmedHashes {
  readonly pdq: string;
  readonly blockhash: string;
}

/** Another image, seen before, that looks the same. */
export interface NearImage {
  /** Public id, `img_...`. */
  readonly imageId: string;
  readonly hash: PerceptualKind;
  /** Bits. */
  readonly distance: number;
  readonly transform: MatchTransform;
}

export interface Seen {
  /** True where these very bytes were checked before. */
  readonly exact: boolean;
  /** How often these bytes were checked, this check included; in a look-up by a perceptual hash those of `near`. */
  readonly times: number;
  readonly firstSeenAt: Date;
  readonly near: NearImage | null;
}

export interface Classification {
  /** `model`: it ran for this call; `exact`: it ran when these bytes came first; `near`: it ran on a near-duplicate. */
  readonly source: "model" | "exact" | "near";
  /** `<name>@<version>`. */
  readonly model: string;
  readonly label: string;
  readonly scores: Scores;
}

/** The quota after a call. */
export interface QuotaFacts extends QuotaState {
  /** Units this call cost. */
  readonly charged: number;
}

export interface CheckResult {
  readonly id: string;
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  readonly fingerprint: FingerprintFacts;
  readonly seen: Seen;
  readonly matches: readonly Match[];
  readonly classification: Classification | null;
  /** What was said of these very bytes, the newest first, at most 20. */
  readonly feedback: readonly GivenFeedback[];
  readonly quota: QuotaFacts;
}

/** What the looks say of the picture without its borders. */
export function trimmedHashes(looks: readonly Look[]): TrimmedHashes | null {
  const look = looks.find(({ transform }) => transform === "trimmed");
  return look?.pdq && look.blockhash ? { pdq: look.pdq, blockhash: look.blockhash } : null;
}

/** A classification from scores; the label is the one with the highest score, of equals the first. */
export function classificationOf(source: Classification["source"], model: string, scores: Scores): Classification {
  const best = Object.entries(scores).reduce((left, right) => (right[1] > left[1] ? right : left));
  return { source, model, label: best[0], scores };
}
