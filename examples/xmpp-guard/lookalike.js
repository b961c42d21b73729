import { setTimeout as after } from "node:timers/promises";
import { log, plainText } from "./plain-text.js";

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;
const ANSWER_WITHIN_MS = 60_000;
/** Who is told to come back later than that has its occupants judged later. */
const LONGEST_PAUSE_MS = 30_000;

/**
 * @typedef {object} Profile
 * @property {string} id
 * @property {string} name
 * @property {string} [image] base64
 * @property {string} [url]
 */

/**
 * @typedef {object} Judgement
 * @property {string} id of the profile
 * @property {"keep" | "remove" | "review"} action
 * @property {readonly { readonly code: string, readonly message: string }[]} reasons
 * @property {{ readonly status: number, readonly detail: string } | null} error what kept the profile from being checked
 */

/**
 * Asks Lookalike about up to 100 profiles in one call, and again where it is away or busy.
 * @param {import("./settings.js").Settings} settings
 * @param {readonly Profile[]} profiles
 * @returns {Promise<Map<string, Judgement>>} by the ids of the profiles
 * @throws {Error} once it has not answered three times, or at once where asking again would not help
 */
export async function checkProfiles(settings, profiles) {
  const { lookalikeUrl, lookalikeKey, lists, removeBelow } = settings;
  const request = {
    method: "POST",
    headers: { authorization: `Bearer ${lookalikeKey}`, "content-type": "application/json" },
    body: JSON.stringify({ profiles, lists, remove_below: removeBelow }),
  };
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(`${lookalikeUrl}/v1/profiles/check`, request);
    if (answer.judgements !== undefined) return byId(answer.judgements, profiles);
    if (!answer.again || attempt === ATTEMPTS) throw new Error(answer.failure);
    log(`Lookalike: ${plainText(answer.failure)}; attempt ${attempt} of ${ATTEMPTS}`);
    await after(Math.max(answer.pauseMs, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
  }
}

/**
 * @param {string} url
 * @param {RequestInit} request
 * @returns {Promise<{ judgements: Judgement[] } | { judgements: undefined, again: boolean, pauseMs: number, failure: string }>}
 */
async function ask(url, request) {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (response.ok) {
      const { profiles } = /** @type {{ profiles: Judgement[] }} */ (await response.json());
      return { judgements: profiles };
    }
    const failure = `${response.status} ${await response.text()}`;
    const pauseMs = (Number(response.headers.get("retry-after")) || 0) * 1000;
    const again = (response.status === 408 || response.status >= 429) && pauseMs <= LONGEST_PAUSE_MS;
    return { judgements: undefined, again, pauseMs, failure };
  } catch (error) {
    return { judgements: undefined, again: true, pauseMs: 0, failure: describe(error) };
  }
}

/**
 * Why a profile was not judged though it may be later (the quota is used up, Lookalike is busy); undefined where it was. What
 * is wrong with the picture itself is for a person to review.
 * @param {Judgement} judgement
 */
export function failureOf({ action, error }) {
  return action !== "remove" && error !== null && error.status >= 429 ? error.detail : undefined;
}

/**
 * @param {readonly Judgement[]} judgements
 * @param {readonly Profile[]} profiles
 */
function byId(judgements, profiles) {
  const found = new Map(judgements.map((one) => [one.id, one]));
  for (const { id } of profiles) if (!found.has(id)) throw new Error("Lookalike answered without some of the profiles");
  return found;
}

/** @param {unknown} error of fetch, whose own message only says that it failed */
function describe(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
