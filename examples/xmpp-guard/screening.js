/** Occupants whose pictures are on their way or in memory. */
const OCCUPANTS_AT_ONCE = 50;
const CALLS_AT_ONCE = 2;
const PROFILES_PER_CALL = 100;
const CHARACTERS_PER_CALL = 8 * 1024 * 1024;
/** Of all pictures in memory together. */
const CHARACTERS_AT_ONCE = 64 * 1024 * 1024;
/** How often somebody is looked at again whose picture did not come. */
const LATER_ROUNDS = 10;

/**
 * @typedef {import("./room.js").Occupant} Occupant
 * @typedef {import("./lookalike.js").Profile} Profile
 * @typedef {import("./lookalike.js").Judgement} Judgement
 * @typedef {object} Description
 * @property {readonly Profile[]} profiles what there is to judge
 * @property {readonly string[]} unseen what there is besides, and can't be judged
 * @property {boolean} complete whether that is all
 * @typedef {Description & { readonly occupant: Occupant }} Case
 */

/**
 * Judges occupants as they come. Each call takes all that are ready by then, so a flood costs few calls; and no more
 * occupants are looked into at one time than memory is meant for, so the rest of a flood waits as names only.
 * @param {object} work
 * @param {(occupant: Occupant) => Promise<Description>} work.describe
 * @param {(profiles: readonly Profile[]) => Promise<Map<string, Judgement>>} work.judge
 * @param {(occupant: Occupant, judgements: readonly Judgement[], unseen: readonly string[]) => boolean} work.settle
 *   false where they don't tell enough; the occupant is judged later
 * @param {(occupants: readonly Occupant[], error: unknown) => void} work.fail where nobody could judge; they are judged later
 * @param {number} retryMs how much later, if they are still there
 * @returns {(occupant: Occupant) => void} has an occupant judged, or judged anew after the judging under way
 */
export function startScreening(work, retryMs) {
  /** @type {Set<Occupant>} */
  const waiting = new Set();
  /** @type {Set<Occupant>} */
  const underWay = new Set();
  /** @type {Case[]} */
  const ready = [];
  /** @type {Set<Occupant>} */
  const unjudged = new Set();
  /** @type {WeakMap<Occupant, number>} */
  const failures = new WeakMap();
  let calls = 0;
  let charactersHeld = 0;

  function describeNext() {
    for (const occupant of waiting) {
      if (underWay.size >= OCCUPANTS_AT_ONCE || charactersHeld >= CHARACTERS_AT_ONCE) return;
      if (underWay.has(occupant)) continue;
      waiting.delete(occupant);
      if (occupant.present) void describe(occupant);
    }
  }

  /** @param {Occupant} occupant */
  async function describe(occupant) {
    underWay.add(occupant);
    try {
      hold({ occupant, ...(await work.describe(occupant)) });
    } catch (error) {
      work.fail([occupant], error);
      putOff(occupant);
    }
    judgeReady();
  }

  /** @param {Case} next waits for its pictures anew where there is no room for them */
  function hold(next) {
    const characters = charactersOf(next);
    if (charactersHeld > 0 && charactersHeld + characters > CHARACTERS_AT_ONCE) {
      underWay.delete(next.occupant);
      waiting.add(next.occupant);
      return;
    }
    charactersHeld += characters;
    ready.push(next);
  }

  function judgeReady() {
    while (calls < CALLS_AT_ONCE && ready.length > 0) void judge(takeReady());
  }

  /** @returns {Case[]} as many as one call takes, at least one */
  function takeReady() {
    let profiles = 0;
    let characters = 0;
    const end = ready.findIndex((next, index) => {
      profiles += next.profiles.length;
      characters += charactersOf(next);
      return index > 0 && (profiles > PROFILES_PER_CALL || characters > CHARACTERS_PER_CALL);
    });
    return ready.splice(0, end === -1 ? ready.length : end);
  }

  /** @param {readonly Case[]} cases */
  async function judge(cases) {
    calls++;
    try {
      const judgements = await work.judge(cases.flatMap(({ profiles }) => profiles));
      for (const { occupant, profiles, unseen, complete } of cases) {
        const all = profiles.flatMap(({ id }) => judgements.get(id) ?? []);
        if (!work.settle(occupant, all, unseen)) judgeAgain(occupant);
        else if (complete) underWay.delete(occupant);
        else putOff(occupant);
      }
    } catch (error) {
      const occupants = cases.map(({ occupant }) => occupant);
      work.fail(occupants, error);
      occupants.forEach(judgeAgain);
    }
    calls--;
    for (const one of cases) charactersHeld -= charactersOf(one);
    describeNext();
    judgeReady();
  }

  /** @param {Occupant} occupant who has not told all, maybe for good */
  function putOff(occupant) {
    const failed = (failures.get(occupant) ?? 0) + 1;
    failures.set(occupant, failed);
    if (failed > LATER_ROUNDS) underWay.delete(occupant);
    else judgeAgain(occupant);
  }

  /** @param {Occupant} occupant */
  function judgeAgain(occupant) {
    underWay.delete(occupant);
    if (unjudged.size === 0) setTimeout(judgeLater, retryMs);
    unjudged.add(occupant);
  }

  function judgeLater() {
    for (const occupant of unjudged) waiting.add(occupant);
    unjudged.clear();
    describeNext();
  }

  return (occupant) => {
    waiting.add(occupant);
    describeNext();
  };
}

/** @param {Case} one */
function charactersOf({ profiles }) {
  return profiles.reduce((sum, { image }) => sum + (image?.length ?? 0), 0);
}
