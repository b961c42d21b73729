import type { CheckResult } from "../../services/check-result.ts";
import type { ModelFacts } from "../../services/context.ts";
import { groupScores } from "../../services/score-groups.ts";
import { listsOf } from "../list-member.ts";
import type { Asked } from "./read-request.ts";

/** The vendor's categories, in the order of its answers. */
const CATEGORIES = [
  "harassment",
  "harassment/threatening",
  "sexual",
  "hate",
  "hate/threatening",
  "illicit",
  "illicit/violent",
  "self-harm/intent",
  "self-harm/instructions",
  "self-harm",
  "sexual/minors",
  "violence",
  "violence/graphic",
] as const;

/** The only one that the classifier can tell. How old somebody is it can't: never `sexual/minors`. */
const TOLD = "sexual";

const UNSUPPORTED = CATEGORIES.filter((category) => category !== TOLD);

/** What the surface needs of a check. */
type Judged = Pick<CheckResult, "id" | "verdict" | "matches" | "classification">;

/**
 * The body for an image that was checked: one result, as the vendor has it for an input of several kinds. The score of
 * `sexual` is the sum of the model's unsafe labels. `flagged` also where a disallow list has the picture, whatever its
 * scores; never where an allow list has it. What no score exists for is 0, false, and of no input type.
 * @param blockThreshold score from which the caller's key blocks
 */
export function moderation(judged: Judged, asked: Asked, model: ModelFacts, blockThreshold: number) {
  const { verdict, matches, classification } = judged;
  const score = groupScores(classification?.scores ?? {}, model).unsafe;
  const allowed = matches.some((match) => match.listKind === "allow");
  const sexual = !allowed && score >= blockThreshold;
  return {
    id: `modr-${judged.id.slice(judged.id.indexOf("_") + 1)}`,
    model: asked.model,
    results: [
      {
        flagged: !allowed && (sexual || verdict === "block" || matches.length > 0),
        categories: byCategory((category) => category === TOLD && sexual),
        category_scores: byCategory((category) => (category === TOLD ? score : 0)),
        category_applied_input_types: byCategory((category) => (category === TOLD && classification ? ["image"] : [])),
        // Not the vendor's.
        lookalike: {
          verdict,
          lists: listsOf(matches),
          model: classification?.model ?? null,
          unsupported_categories: UNSUPPORTED,
          unchecked: asked.unchecked,
        },
      },
    ],
  };
}

function byCategory<Value>(tell: (category: (typeof CATEGORIES)[number]) => Value): Record<string, Value> {
  return Object.fromEntries(CATEGORIES.map((category) => [category, tell(category)]));
}
