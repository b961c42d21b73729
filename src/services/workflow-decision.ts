import type { WorkflowRule } from "../db/workflows.ts";
import type { ModelFacts, Scores } from "../worker/protocol.ts";
import type { Match } from "./match.ts";

export type WorkflowAction = WorkflowRule["action"];

/** One of the rules that decided. */
export interface WorkflowReason {
  /** `rule_1` for a workflow's first rule, and so on. */
  readonly id: string;
  /** The rule's own text; of a rule that can't be applied any more, why. */
  readonly text: string;
}

export interface WorkflowDecision {
  readonly action: WorkflowAction;
  /**
   * How sure a rejection is, 0..1: 0 where an allowing list decided, 1 where a rejecting one did; else the highest of the
   * scores that rules reject by, whether it got there or not, and 0 without such rules.
   */
  readonly rejectProb: number;
  /**
   * How sure it is, 0..1, that the picture doesn't pass unseen: as `rejectProb`, with the rules that review counted among
   * those that reject, and 1 also where a rule can't be applied. For callers who know no review.
   */
  readonly stopProb: number;
  /** The rules that decided, in the workflow's order; none where none had a say and the picture is accepted. */
  readonly reasons: readonly WorkflowReason[];
}

type Model = Pick<ModelFacts, "labels" | "unsafeLabels" | "suggestiveLabels">;

export interface WorkflowInput {
  readonly rules: readonly WorkflowRule[];
  /** What the picture matches in every enabled list. */
  readonly matches: readonly Pick<Match, "list">[];
  /** Null where the picture was not classified. */
  readonly scores: Scores | null;
  readonly model: Model;
  /** Names of lists that are there, as far as rules name them. */
  readonly lists: ReadonlySet<string>;
}

/** Actions from the mildest to the gravest. */
const GRAVITY: readonly WorkflowAction[] = ["accept", "review", "reject"];

/** What a rule says of one picture. */
interface Judged {
  readonly reason: WorkflowReason;
  readonly action: WorkflowAction;
  readonly byList: boolean;
  readonly holds: boolean;
  /** Of a rule that looks at one, 0..1. */
  readonly score: number | null;
}

/**
 * Decides. A rule that accepts by a list wins over everything; else the gravest action of the rules that hold, and `accept`
 * where none does. A rule that can't be applied any more sends the picture to review: what it was to stop must not slip
 * through because a list or a model is gone.
 */
export function decideWorkflow(input: WorkflowInput): WorkflowDecision {
  const judged = input.rules.map((rule, place) => judge(rule, place, input));
  const holding = judged.filter(({ holds }) => holds);
  const allowing = holding.filter(({ byList, action }) => byList && action === "accept");
  if (allowing.length > 0) {
    return { action: "accept", rejectProb: 0, stopProb: 0, reasons: allowing.map(({ reason }) => reason) };
  }
  const gravest = Math.max(0, ...holding.map(({ action }) => GRAVITY.indexOf(action)));
  const action = GRAVITY[gravest] ?? "accept";
  const deciding = holding.filter((each) => each.action === action);
  return {
    action,
    rejectProb: probability(judged.filter((each) => each.action === "reject")),
    stopProb: probability(judged.filter((each) => each.action !== "accept")),
    reasons: deciding.map(({ reason }) => reason),
  };
}

function judge(rule: WorkflowRule, place: number, input: WorkflowInput): Judged {
  const id = `rule_${place + 1}`;
  const { when, action } = rule;
  const byList = "list" in when;
  const fault = ruleFault(rule, input.lists, input.model) ?? (byList || input.scores !== null ? null : NOT_CLASSIFIED);
  if (fault !== null) {
    return { reason: { id, text: fault }, action: "review", byList: false, holds: true, score: null };
  }
  const reason = { id, text: rule.text };
  if (byList) {
    const holds = input.matches.some(({ list }) => list === when.list);
    return { reason, action, byList, holds, score: null };
  }
  const score = scoreOf(when.score, input.scores ?? {}, input.model);
  return { reason, action, byList, holds: score >= when.at_least, score };
}

const NOT_CLASSIFIED = "This rule was not applied: the picture was not classified";

/**
 * Why a rule can't be applied; null where it can.
 * @param lists names of lists that are there
 */
export function ruleFault({ when }: WorkflowRule, lists: ReadonlySet<string>, model: Model): string | null {
  if ("list" in when) {
    return lists.has(when.list)
      ? null
      : `This rule was not applied: there is no list ${when.list} of pictures any more`;
  }
  if (scoreNames(model).includes(when.score)) return null;
  return `This rule was not applied: the model in use gives no score ${when.score}`;
}

/** What a rule may call a score: a label of the model, or one of the two sums. */
export function scoreNames({ labels }: Pick<Model, "labels">): string[] {
  return [...labels, "unsafe", "suggestive"];
}

function scoreOf(name: string, scores: Scores, { unsafeLabels, suggestiveLabels }: Model): number {
  const labels = name === "unsafe" ? unsafeLabels : name === "suggestive" ? suggestiveLabels : [name];
  const sum = labels.reduce((total, label) => total + (scores[label] ?? 0), 0);
  return Math.min(1, sum);
}

/** How sure rules are of what they would do: those without a score are where they hold. */
function probability(judged: readonly Judged[]): number {
  if (judged.some(({ score, holds }) => score === null && holds)) return 1;
  return Math.max(0, ...judged.map(({ score }) => score ?? 0));
}
