import type { Scores } from "../../scores.ts";
import type { ModelFacts } from "../../services/context.ts";
import { groupScores, type ScoreGroups } from "../../services/score-groups.ts";

/**
 * The vendor's classes as its answer nests them, each with a score of 0..1; null where our model's labels can't tell the
 * class from others. Such a class is answered with 0 and named among the unsupported ones.
 */
export interface ClassScores {
  readonly [name: string]: number | null | ClassScores;
}

/** One of the vendor's models that can be served, and the member of the answer that it fills. */
export interface ServedModel {
  readonly name: string;
  readonly block: "nudity" | "type";
  classes(scores: Scores, model: ModelFacts): ClassScores;
}

// What is said of each class, and why. The groups come from the model's sidecar: unsafe is pornographic photos and drawings
// (porn, hentai), suggestive is what is sexy and no more, safe the rest (neutral, drawing); together they are about 1.
//
// - sexual_display: unsafe. A label of pornography says "genitals or a sexual act" and never which. Of the two, display is
//   what both have in common, and with 2.1's inclusive scores it reads "this or more explicit", which is just what is known.
// - sexual_activity: can't be told from display, so it claims nothing.
// - erotica, very_suggestive (2.1): unsafe, since the levels below one that is reached are reached as well. Whether a sexy
//   picture goes so far as either can't be told. With 2.0's exclusive scores erotica would mean "and nothing more explicit",
//   which no label says.
// - suggestive, mildly_suggestive (2.1): unsafe + suggestive, by the same rule. With 2.0: suggestive alone.
// - none: safe.
// - nudity_art and schematic: not from drawn pornography. They stand for nudity that is art or a diagram, and clients let
//   pictures pass by them that they would stop otherwise.
// - other: it says that no other class of the list applies, which nobody knows here; so do all the garments, poses and places.
// - the `none` of the categories of cleavage and male chest: safe. What has nothing suggestive in it has neither.
// - photo, illustration: what is drawn is said by two of the labels, whether it is safe or not.

const UNKNOWN_PLACE: ClassScores = { sea_lake_pool: null, outdoor_other: null, indoor_other: null };

/** What versions 2.0 and 2.1 share of `suggestive_classes`. */
function garments({ safe }: ScoreGroups): ClassScores {
  return {
    bikini: null,
    cleavage: null,
    cleavage_categories: { very_revealing: null, revealing: null, none: safe },
    lingerie: null,
    male_chest: null,
    male_chest_categories: { very_revealing: null, revealing: null, slightly_revealing: null, none: safe },
    male_underwear: null,
    miniskirt: null,
    other: null,
  };
}

/** Inclusive: what reaches a level has high scores in every level below as well. */
function nudity21(scores: Scores, model: ModelFacts): ClassScores {
  const groups = groupScores(scores, model);
  const anySuggestive = Math.min(1, groups.unsafe + groups.suggestive);
  return {
    sexual_activity: null,
    sexual_display: groups.unsafe,
    erotica: groups.unsafe,
    very_suggestive: groups.unsafe,
    suggestive: anySuggestive,
    mildly_suggestive: anySuggestive,
    suggestive_classes: {
      ...garments(groups),
      minishort: null,
      nudity_art: null,
      schematic: null,
      sextoy: null,
      suggestive_focus: null,
      suggestive_pose: null,
      swimwear_male: null,
      swimwear_one_piece: null,
      visibly_undressed: null,
    },
    none: groups.safe,
    context: UNKNOWN_PLACE,
  };
}

/** Exclusive: the most explicit class wins, and the scores add up to about 1. */
function nudity20(scores: Scores, model: ModelFacts): ClassScores {
  const groups = groupScores(scores, model);
  return {
    sexual_activity: null,
    sexual_display: groups.unsafe,
    sextoy: null,
    erotica: null,
    suggestive: groups.suggestive,
    suggestive_classes: garments(groups),
    none: groups.safe,
    context: UNKNOWN_PLACE,
  };
}

/** Three levels that add up to about 1. `partial_tag`, which the vendor's clients take as optional, is left out. */
function nudity10(scores: Scores, model: ModelFacts): ClassScores {
  const { unsafe, suggestive, safe } = groupScores(scores, model);
  return { raw: unsafe, partial: suggestive, safe };
}

/** Labels of what is drawn; a model without them can't tell photos from illustrations. */
const DRAWN_LABELS = ["drawing", "hentai"];

function type(scores: Scores): ClassScores {
  const sum = (entries: [string, number][]) =>
    Math.min(
      1,
      entries.reduce((total, [, score]) => total + score, 0),
    );
  const entries = Object.entries(scores);
  return {
    photo: sum(entries.filter(([label]) => !DRAWN_LABELS.includes(label))),
    illustration: sum(entries.filter(([label]) => DRAWN_LABELS.includes(label))),
  };
}

const NUDITY: readonly ServedModel[] = [
  { name: "nudity-2.1", block: "nudity", classes: nudity21 },
  { name: "nudity-2.0", block: "nudity", classes: nudity20 },
  { name: "nudity", block: "nudity", classes: nudity10 },
];
const TYPE: ServedModel = { name: "type", block: "type", classes: type };

/** The vendor's models that can be served with the labels of ours. */
export function servedModels({ labels }: Pick<ModelFacts, "labels">): readonly ServedModel[] {
  return DRAWN_LABELS.every((label) => labels.includes(label)) ? [...NUDITY, TYPE] : NUDITY;
}
