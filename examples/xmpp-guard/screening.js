/** Occupants whose pictures are on their way or in memory. */
const OCCUPANTS_AT_ONCE = 50;
const CALLS_AT_ONCE = 2;
const PROFILES_PER_CALL = 100;
const CHARACTERS_PER_CALL = 8 * 1024 * 1024;
/** How often somebody is looked at again whom Lookalike could not judge, or whose picture did not come. */
const LATER_ROUNDS = 10;

/**
 * @typedef {import("./room.js").Occupant} Occupant
 * @typedef {import("./lookalike.js").Profile} Profile
 * @typedef {import("./lookalike.js").Judgement} Judgement
 * @typedef {{ readonly profiles: readonly Profile[], readonly complete: boolean }} Description what there is to judge, and
 *   whether that is all
 * @typedef {Description & { readonly occupant: Occupant }} Case
 */

/**
 * Judges occupants as they come. Each call takes all that are ready by then, so a flood costs few calls; and no more
 * occupants are looked into at one time than memory is meant for, so the rest of a flood waits as names only.
 * @param {object} work
 * @param {(occupant: Occupant) => Promise<Description>} work.describe
 * @param {(profiles: readonly Profile[]) => Promise<Map<string, Judgement>>} work.judge
 * @param {(occupant: Occupant, judgements: readonly Judgement[]) => boolean} work.settle false where none of them
 *   tells enough; the occupant is judged later
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

  function describeNext() {
    for (const occupant of waiting) {
      if (underWay.size >= OCCUPANTS_AT_ONCE) return;
      if (underWay.has(occupant)) continue;
      waiting.delete(occupant);
      if (occupant.present) void describe(occupant);
    }
  }

  /** @param {Occupant} occupant */
  async function describe(occupant) {
    underWay.add(occupant);
    try {
      ready.push({ occupant, ...(await work.describe(occupant)) });
    } catch (error) {
      giveUp([occupant], error);
    }
    judgeReady();
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
      for (const { image } of next.profiles) characters += image?.length ?? 0;
      return index > 0 && (profiles > PROFILES_PER_CALL || characters > CHARACTERS_PER_CALL);
    });
    return ready.splice(0, end === -1 ? ready.length : end);
  }

  /** @param {readonly Case[]} cases */
  async function judge(cases) {
    calls++;
    const occupants = cases.map(({ occupant }) => occupant);
    try {
      const judgements = await work.judge(cases.flatMap(({ profiles }) => profiles));
      for (const { occupant, profiles, complete } of cases) {
        const settled = work.settle(
          occupant,
          profiles.flatMap(({ id }) => judgements.get(id) ?? []),
        );
        if (settled && complete) underWay.delete(occupant);
        else putOff(occupant);
      }
    } catch (error) {
      giveUp(occupants, error);
    }
    calls--;
    describeNext();
    judgeReady();
  }

  /**
   * @param {readonly Occupant[]} occupants
   * @param {unknown} error
   */
  function giveUp(occupants, error) {
    work.fail(occupants, error);
    occupants.forEach(putOff);
  }

  /** @param {Occupant} occupant */
  function putOff(occupant) {
    underWay.delete(occupant);
    const failed = (failures.get(occupant) ?? 0) + 1;
    failures.set(occupant, failed);
    if (failed > LATER_ROUNDS) return;
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
