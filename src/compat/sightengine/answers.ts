import type { BanResult } from "../../services/ban-image.ts";
import type { CheckResult } from "../../services/check-result.ts";
import type { RequestContext } from "../../services/context.ts";
import { publicId } from "../../services/ids.ts";
import { listsOf } from "../list-member.ts";
import { fillBlocks } from "./blocks.ts";
import type { ServedModel } from "./class-scores.ts";
import { presentMatches } from "./list-names-of-ours.ts";
import { mediaFacts, requestFacts } from "./request-facts.ts";

/** An image's way into a list. */
export interface Addition {
  readonly list: string;
  readonly ban: BanResult;
}

/** What was done for a call to `check.json`. */
export interface Checked {
  /** Null where the image was only added to a list. */
  readonly result: CheckResult | null;
  readonly added: Addition | null;
}

/** The body of a success: a member for each of the vendor's models that were asked, and what is ours under `lookalike`. */
export function answerCheck(
  ctx: RequestContext,
  uri: string,
  models: readonly ServedModel[],
  { result, added }: Checked,
) {
  const { byName, unsupportedClasses } = fillBlocks(models, result?.classification?.scores ?? {}, ctx.workers.model);
  return {
    status: "success",
    request: requestFacts(ctx.requestId, result?.quota.charged ?? 0),
    ...byName,
    media: mediaFacts(uri),
    lookalike: {
      ...(result !== null && presentJudgement(result)),
      ...(unsupportedClasses.length > 0 && { unsupported_classes: unsupportedClasses }),
      ...(added !== null && { added: presentAddition(added) }),
    },
  };
}

/** What our lists and thresholds say of an image; the vendor's scores stay as they are. */
export function presentJudgement({ verdict, matches, feedback }: CheckResult) {
  return {
    verdict,
    lists: listsOf(matches),
    matches: presentMatches(matches),
    ...(feedback.length > 0 && {
      feedback: feedback.map(({ model, class: said, at }) => ({ model, class: said, at: at.toISOString() })),
    }),
  };
}

function presentAddition({ list, ban: { entry, outcome } }: Addition) {
  return { list, entry_id: publicId("entry", entry.id), custom_id: entry.customId, outcome };
}
