import type { CheckResult } from "./check-result.ts";
import type { Match } from "./match.ts";
import type { NameAnswer } from "./match-names.ts";

export type ProfileAction = "keep" | "review" | "remove";

/** Why a profile is to be kept or not; `code` is for programs, `message` for people. */
export interface ProfileReason {
  readonly code:
    | "name_match"
    | "picture_unsafe"
    | "list_match"
    | "allow_list_match"
    | "picture_unreadable"
    | "unchecked";
  readonly message: string;
}

/** What is known of a profile once everything was tried. */
export interface ProfileFindings {
  readonly name: NameAnswer | null;
  readonly check: CheckResult | null;
  /** The model's scores of all labels that are neither unsafe nor suggestive, 0..1; null without scores. */
  readonly safe: number | null;
  /** What kept the name or the picture from being checked, and whether that is the picture's own fault; null: nothing. */
  readonly failure: { readonly message: string; readonly isPictureFault: boolean } | null;
}

/** From the mildest to the gravest. */
const GRAVITY: readonly ProfileAction[] = ["keep", "review", "remove"];

/**
 * Decides. A name or a picture that a list bans removes the profile, and so does a picture below the share of safe; lists
 * with the action `review` ask for a review, and so does what could not be checked. A picture in an allow list counts as safe.
 * @param removeBelow 0..1: a picture whose safe share is less is removed
 */
export function decideProfile(
  { name, check, safe, failure }: ProfileFindings,
  removeBelow: number,
): { action: ProfileAction; reasons: ProfileReason[] } {
  const found: (ProfileReason & { readonly action: ProfileAction })[] = [];
  for (const match of name?.matches ?? []) {
    const pattern = `the pattern ${JSON.stringify(match.pattern)} (${match.syntax}) of the list ${match.list}`;
    found.push({ action: actionOf(match), code: "name_match", message: `The name matches ${pattern}` });
  }
  const isAllowed = check?.matches.some(({ listKind }) => listKind === "allow") ?? false;
  for (const match of check?.matches ?? []) {
    const entry = `entry ${match.entryId} of the list ${match.list}`;
    if (match.listKind === "allow") {
      found.push({ action: "keep", code: "allow_list_match", message: `The picture is allowed by ${entry}` });
    } else if (!isAllowed) {
      found.push({ action: actionOf(match), code: "list_match", message: `The picture matches ${entry}` });
    }
  }
  if (safe !== null && safe < removeBelow && !isAllowed) {
    const message = `The classifier gives the picture ${safe.toFixed(3)} safe, below ${removeBelow}`;
    found.push({ action: "remove", code: "picture_unsafe", message });
  }
  if (failure !== null) {
    const code = failure.isPictureFault ? "picture_unreadable" : "unchecked";
    found.push({ action: "review", code, message: failure.message });
  }
  const action = found.reduce<ProfileAction>((gravest, each) => graver(gravest, each.action), "keep");
  return { action, reasons: found.map(({ code, message }) => ({ code, message })) };
}

function actionOf({ action }: Pick<Match, "action">): ProfileAction {
  return action === "block" ? "remove" : "review";
}

function graver(left: ProfileAction, right: ProfileAction): ProfileAction {
  return GRAVITY.indexOf(left) >= GRAVITY.indexOf(right) ? left : right;
}
