import type { ScorePolicy } from "../config.ts";
import { DETAIL_CAUSES, type Detail, type DetailCause } from "../fingerprint/fingerprint.ts";
import type { ModelFacts, Scores } from "../worker/protocol.ts";
import type { Match } from "./match.ts";

export type Verdict = "allow" | "review" | "block";

/** Why a verdict is what it is; `code` is for programs, `message` for people. */
export interface Reason {
  readonly code:
    | "allow_list_match"
    | "list_match"
    | "unsafe_scores"
    | "suggestive_scores"
    | "insufficient_detail"
    | "not_classified";
  readonly message: string;
}

export interface VerdictInput {
  readonly matches: readonly Match[];
  /** Null where the image was not classified. */
  readonly scores: Scores | null;
  readonly model: Pick<ModelFacts, "unsafeLabels" | "suggestiveLabels">;
  readonly detail: Detail;
  /** What the picture lacks; null where it lacks nothing, or it isn't known. */
  readonly detailCause: DetailCause | null;
  readonly policy: ScorePolicy;
}

/** Verdicts from the mildest to the gravest. */
const GRAVITY: readonly Verdict[] = ["allow", "review", "block"];

/** The graver of two verdicts. */
export function graver(left: Verdict, right: Verdict): Verdict {
  return GRAVITY.indexOf(left) >= GRAVITY.indexOf(right) ? left : right;
}

/** Decides. A match in an allow list wins over everything; else the gravest of the lists' actions and of the scores. */
export function decideVerdict(input: VerdictInput): { verdict: Verdict; reasons: Reason[] } {
  const allowed = input.matches.filter((match) => match.listKind === "allow");
  if (allowed.length > 0) return { verdict: "allow", reasons: [...allowed.map(allowReason), ...notes(input)] };
  let verdict: Verdict = "allow";
  const reasons: Reason[] = [];
  for (const match of input.matches) {
    verdict = graver(verdict, match.action);
    reasons.push({ code: "list_match", message: `Matches ${describe(match)}` });
  }
  const scored = input.scores === null ? [] : scoreReasons(input.scores, input);
  for (const reason of scored) {
    verdict = graver(verdict, reason.verdict);
    reasons.push({ code: reason.code, message: reason.message });
  }
  return { verdict, reasons: [...reasons, ...notes(input)] };
}

function describe(match: Match): string {
  const transform = match.transform === "identity" ? "" : `, ${match.transform}`;
  const alone = `${match.hash}, distance ${match.distance} of at most ${match.threshold}`;
  const other = match.confirmedBy;
  const both =
    other === null ? "" : `, and ${other.hash}, distance ${other.distance} of at most ${other.threshold}, together`;
  return `entry ${match.entryId} of the list ${match.list} (${alone}${both}${transform})`;
}

function allowReason(match: Match): Reason {
  return { code: "allow_list_match", message: `Allowed by ${describe(match)}` };
}

function scoreReasons(scores: Scores, { model, policy }: VerdictInput) {
  const reasons: { code: "unsafe_scores" | "suggestive_scores"; verdict: Verdict; message: string }[] = [];
  const unsafe = sum(scores, model.unsafeLabels);
  const unsafeName = model.unsafeLabels.join(" + ");
  if (unsafe >= policy.block) {
    reasons.push({ code: "unsafe_scores", verdict: "block", message: scoreText(unsafeName, unsafe, policy.block) });
  } else if (unsafe >= policy.review) {
    reasons.push({ code: "unsafe_scores", verdict: "review", message: scoreText(unsafeName, unsafe, policy.review) });
  }
  const suggestive = sum(scores, model.suggestiveLabels);
  if (policy.suggestiveReview !== null && suggestive >= policy.suggestiveReview) {
    const message = scoreText(model.suggestiveLabels.join(" + "), suggestive, policy.suggestiveReview);
    reasons.push({ code: "suggestive_scores", verdict: "review", message });
  }
  return reasons;
}

function sum(scores: Scores, labels: readonly string[]): number {
  return labels.reduce((total, label) => total + (scores[label] ?? 0), 0);
}

function scoreText(labels: string, score: number, threshold: number): string {
  return `The classifier gives ${labels} ${score.toFixed(3)}, at or above ${threshold}`;
}

function notes({ detail, detailCause, scores }: VerdictInput): Reason[] {
  const reasons: Reason[] = [];
  if (detail === "insufficient") {
    const why = detailCause === null ? "" : ` (${DETAIL_CAUSES[detailCause]})`;
    reasons.push({
      code: "insufficient_detail",
      message: `The picture has too little detail to be matched by its looks${why}; its exact hashes and its scores still count`,
    });
  }
  if (scores === null) reasons.push({ code: "not_classified", message: "The image was not classified" });
  return reasons;
}
