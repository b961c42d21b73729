/**
 * What may be said of an image, by model: the vendor's tables in its FAQ on image moderation and in its page on feedback
 * (docs/feedback-loop-images), which has some models more. Whether a model can be served here doesn't matter.
 */
const CLASSES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    nudity: "safe partial raw bikini chest cleavage lingerie unknown",
    "nudity-2.0":
      "safe sexual_activity sexual_display erotica bikini male_chest cleavage lingerie miniskirt male_underwear unknown",
    "nudity-2.1":
      "safe sexual_activity sexual_display erotica bikini male_chest cleavage lingerie miniskirt male_underwear unknown",
    gore: "safe gore unknown",
    "gore-2.0": "safe gore unknown",
    type: "photo illustration unknown",
    face: "none single multiple unknown",
    wad: "no-weapons weapons no-alcohol alcohol no-drugs drugs unknown",
    weapon: "no-weapons weapons unknown",
    recreational_drug: "no-drugs drugs unknown",
    alcohol: "no-alcohol alcohol unknown",
    celebrities: "no-celebrity celebrity unknown",
    text: "no-text text-artificial text-natural unknown",
    offensive: "not-offensive offensive unknown",
    scam: "not-scam scam unknown",
    minor: "no-minor minor unknown",
    gender: "male female unknown",
    tobacco: "no-tobacco tobacco unknown",
    gambling: "no-gambling gambling unknown",
    money: "no-money money unknown",
    "text-content": "safe unsafe unknown",
    "qr-content": "safe unsafe unknown",
    genai: "ai not-ai",
    unknown: "unknown miss safe",
  }).map(([model, classes]) => [model, classes.split(" ")]),
);

export const FEEDBACK_MODELS = [...CLASSES.keys()];

/** The classes of a model; null for one that takes no feedback. */
export function feedbackClasses(model: string): readonly string[] | null {
  return CLASSES.get(model) ?? null;
}
