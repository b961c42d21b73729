import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { WorkflowRule } from "../../src/db/workflows.ts";
import { decideWorkflow, ruleFault, type WorkflowInput } from "../../src/services/workflow-decision.ts";

const model = {
  labels: ["drawing", "hentai", "neutral", "porn", "sexy"],
  unsafeLabels: ["hentai", "porn"],
  suggestiveLabels: ["sexy"],
};
const scores = { drawing: 0.05, hentai: 0.2, neutral: 0.05, porn: 0.4, sexy: 0.3 };

const byScore = (score: string, atLeast: number, action: WorkflowRule["action"]): WorkflowRule => ({
  when: { score, at_least: atLeast },
  action,
  text: `${score} ${action}`,
});
const byList = (list: string, action: WorkflowRule["action"]): WorkflowRule => ({
  when: { list },
  action,
  text: `${list} ${action}`,
});

/** Decides about a picture with the scores above that matches some lists; every list that rules name is there. */
function decide(rules: readonly WorkflowRule[], matched: readonly string[] = [], input: Partial<WorkflowInput> = {}) {
  const lists = new Set(rules.flatMap(({ when }) => ("list" in when ? [when.list] : [])));
  return decideWorkflow({ rules, matches: matched.map((list) => ({ list })), scores, model, lists, ...input });
}

describe("a workflow", () => {
  it("accepts what no rule has a say on, and names none", () => {
    assert.deepEqual(decide([byScore("porn", 0.5, "review"), byList("spam", "reject")]), {
      action: "accept",
      rejectProb: 0,
      stopProb: 0.4,
      reasons: [],
    });
  });

  it("takes the gravest action of the rules that hold, and names every rule that says so", () => {
    const rules = [
      byScore("neutral", 0.01, "accept"),
      byScore("sexy", 0.3, "review"),
      byScore("porn", 0.4, "reject"),
      byScore("drawing", 0.5, "reject"),
      byScore("hentai", 0.1, "reject"),
    ];
    const { action, reasons } = decide(rules);
    assert.equal(action, "reject");
    assert.deepEqual(reasons, [
      { id: "rule_3", text: "porn reject" },
      { id: "rule_5", text: "hentai reject" },
    ]);
    assert.equal(decide(rules.slice(0, 2)).action, "review");
    assert.deepEqual(decide(rules.slice(0, 1)).reasons, [{ id: "rule_1", text: "neutral accept" }]);
  });

  it("lets an accepting list win over every score and list", () => {
    const rules = [byScore("porn", 0, "reject"), byList("spam", "reject"), byList("ours", "accept")];
    assert.equal(decide(rules, ["spam"]).action, "reject");
    assert.deepEqual(decide(rules, ["spam", "ours"]), {
      action: "accept",
      rejectProb: 0,
      stopProb: 0,
      reasons: [{ id: "rule_3", text: "ours accept" }],
    });
  });

  it("lets no accepting score win over anything", () => {
    assert.equal(decide([byScore("neutral", 0, "accept"), byScore("porn", 0.1, "reject")]).action, "reject");
  });

  it("counts a threshold as reached by an equal score, and sums the labels of unsafe and suggestive", () => {
    assert.equal(decide([byScore("porn", 0.4, "reject")]).action, "reject");
    assert.equal(decide([byScore("porn", 0.4001, "reject")]).action, "accept");
    assert.equal(decide([byScore("unsafe", 0.6, "reject")]).action, "reject");
    assert.equal(decide([byScore("unsafe", 0.61, "reject")]).action, "accept");
    assert.equal(decide([byScore("suggestive", 0.3, "review")]).action, "review");
  });

  it("gives the highest score that a rule rejects by as the probability, reached or not, and 1 where a list rejects", () => {
    const prob = (rules: readonly WorkflowRule[], matched: readonly string[] = []) => decide(rules, matched).rejectProb;
    assert.equal(prob([byScore("porn", 0.9, "reject"), byScore("hentai", 0.9, "reject")]), 0.4);
    assert.equal(prob([byScore("porn", 0.9, "reject"), byScore("sexy", 0.1, "review")]), 0.4);
    assert.equal(prob([byScore("sexy", 0.1, "review")]), 0);
    assert.equal(prob([byList("spam", "reject"), byScore("porn", 0.9, "reject")]), 0.4);
    assert.equal(prob([byList("spam", "reject"), byScore("porn", 0.9, "reject")], ["spam"]), 1);
  });

  it("gives beside it the same with reviews counted as rejections, and 1 where a rule can't be applied", () => {
    const prob = (rules: readonly WorkflowRule[], matched: readonly string[] = []) => decide(rules, matched).stopProb;
    assert.equal(prob([byScore("porn", 0.9, "reject"), byScore("sexy", 0.1, "review")]), 0.4);
    assert.equal(prob([byScore("hentai", 0.9, "reject"), byScore("sexy", 0.1, "review")]), 0.3);
    assert.equal(prob([byScore("porn", 0.9, "reject"), byList("look", "review")]), 0.4);
    assert.equal(prob([byScore("porn", 0.9, "reject"), byList("look", "review")], ["look"]), 1);
    assert.equal(prob([byScore("porn", 0, "accept")]), 0);
    assert.equal(decide([byList("gone", "reject")], [], { lists: new Set() }).stopProb, 1);
    assert.equal(decide([byList("gone", "reject")], [], { lists: new Set() }).rejectProb, 0);
  });

  it("sends the picture to review where a rule names a list or a label that is gone, and says so", () => {
    for (const rule of [byList("gone", "reject"), byList("gone", "accept"), byScore("gone", 0.5, "reject")]) {
      const { action, reasons } = decide([rule], ["gone"], { lists: new Set() });
      assert.equal(action, "review");
      assert.equal(reasons[0]?.id, "rule_1");
      assert.match(reasons[0]?.text ?? "", /was not applied.* gone/);
    }
    assert.equal(
      decide([byList("gone", "reject"), byScore("porn", 0.1, "reject")], [], { lists: new Set() }).action,
      "reject",
    );
    const allowing = [byList("gone", "reject"), byList("ours", "accept")];
    assert.equal(decide(allowing, ["ours"], { lists: new Set(["ours"]) }).action, "accept");
  });

  it("sends the picture to review where a rule looks at a score and there are none", () => {
    assert.equal(decide([byScore("porn", 0.5, "reject")], [], { scores: null }).action, "review");
    assert.equal(decide([byList("spam", "reject")], [], { scores: null }).action, "accept");
  });
});

describe("the fault of a rule", () => {
  it("is none for labels, sums and lists that are there", () => {
    const lists = new Set(["spam"]);
    for (const rule of [byScore("porn", 0, "reject"), byScore("unsafe", 0, "reject"), byList("spam", "reject")]) {
      assert.equal(ruleFault(rule, lists, model), null);
    }
    assert.match(ruleFault(byList("other", "reject"), lists, model) ?? "", /no list other/);
    assert.match(ruleFault(byScore("raw", 0, "reject"), lists, model) ?? "", /no score raw/);
  });
});
