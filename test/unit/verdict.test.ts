import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Match } from "../../src/services/match.ts";
import { decideVerdict } from "../../src/services/verdict.ts";

const model = { unsafeLabels: ["porn", "hentai"], suggestiveLabels: ["sexy"] };
const policy = { block: 0.85, review: 0.5, suggestiveReview: null };
const match = (fields: Partial<Match>): Match => ({
  list: "spam",
  listKind: "disallow",
  action: "block",
  entryId: "ent_1",
  customId: null,
  hash: "pdq",
  distance: 6,
  threshold: 31,
  transform: "mirror",
  confirmedBy: null,
  fingerprintVersion: 2,
  ...fields,
});
const decide = (input: Partial<Parameters<typeof decideVerdict>[0]>) =>
  decideVerdict({
    matches: [],
    scores: { porn: 0, hentai: 0, sexy: 0 },
    model,
    detail: "sufficient",
    detailCause: null,
    policy,
    ...input,
  });

describe("decideVerdict", () => {
  it("blocks from porn + hentai 0.85, reviews from 0.5, allows below, both ends included", () => {
    for (const [porn, hentai, verdict] of [
      [0.5, 0.35, "block"],
      [0.5, 0.3499, "review"],
      [0.25, 0.25, "review"],
      [0.25, 0.2499, "allow"],
    ] as const) {
      assert.equal(decide({ scores: { porn, hentai, sexy: 0 } }).verdict, verdict, `${porn} + ${hentai}`);
    }
  });

  it("gives sexy no say unless it is asked to, and never more than review", () => {
    const scores = { porn: 0, hentai: 0, sexy: 1 };
    assert.equal(decide({ scores }).verdict, "allow");
    const asked = decide({ scores, policy: { ...policy, suggestiveReview: 0.8 } });
    assert.deepEqual([asked.verdict, asked.reasons[0]?.code], ["review", "suggestive_scores"]);
  });

  it("takes the gravest of lists and scores, and gives a reason for each", () => {
    const { verdict, reasons } = decide({
      matches: [match({ action: "review" }), match({ entryId: "ent_2" })],
      scores: { porn: 0.6, hentai: 0, sexy: 0 },
    });
    assert.equal(verdict, "block");
    assert.deepEqual(
      reasons.map(({ code }) => code),
      ["list_match", "list_match", "unsafe_scores"],
    );
    assert.equal(reasons[0]?.message, "Matches entry ent_1 of the list spam (pdq, distance 6 of at most 31, mirror)");
  });

  it("lets an allow list win over disallow lists and scores", () => {
    const { verdict, reasons } = decide({
      matches: [match({}), match({ listKind: "allow", list: "ours" })],
      scores: { porn: 1, hentai: 0, sexy: 0 },
    });
    assert.deepEqual([verdict, reasons.map(({ code }) => code)], ["allow", ["allow_list_match"]]);
  });

  it("notes what it could not go by", () => {
    const { verdict, reasons } = decide({ scores: null, detail: "insufficient" });
    assert.deepEqual([verdict, reasons.map(({ code }) => code)], ["allow", ["insufficient_detail", "not_classified"]]);
  });
});
