import { fetchPictures } from "./avatars.js";
import { createConnection } from "./connection.js";
import { checkProfiles, failureOf } from "./lookalike.js";
import { openNewRoom, removeOccupant, tellModerators } from "./moderate.js";
import { log, plainText } from "./plain-text.js";
import { enterRoom } from "./room.js";
import { startScreening } from "./screening.js";
import { readSettings } from "./settings.js";

// Guards one group chat: everybody who comes is shown to Lookalike, by name and picture, and goes if it says so.

/** @typedef {import("./room.js").Occupant} Occupant */

const TRY_LATER = "Nobody can be checked right now, please come back later";
const settings = readSettings(process.env);
const xmpp = createConnection(settings);
let profilesMade = 0;

const screen = startScreening(
  { describe, judge: (profiles) => checkProfiles(settings, profiles), settle, fail },
  settings.retryMs,
);
const room = enterRoom(xmpp, settings, { look, created: () => openNewRoom(xmpp, settings) });

/** @param {Occupant} occupant */
function look(occupant) {
  if (isTrusted(occupant)) return;
  // A new nick does not save anybody.
  if (occupant.removal !== undefined) remove(occupant, occupant.removal.reason, occupant.removal.action);
  else screen(occupant);
}

/** @param {Occupant} occupant */
function isTrusted({ affiliation }) {
  return affiliation !== "none";
}

/**
 * What there is to judge: the nick, the account's name where the guard sees it, and up to two pictures.
 * @param {Occupant} occupant
 */
async function describe(occupant) {
  const { pictures, unseen, complete } = await fetchPictures(xmpp, settings, occupant);
  const account = accountName(occupant.jid);
  const names = account === undefined || account === occupant.nick ? [occupant.nick] : [occupant.nick, account];
  const profiles = Array.from({ length: Math.max(names.length, pictures.length) }, (_, index) => ({
    id: String(++profilesMade),
    name: names[index] ?? occupant.nick,
    ...pictures[index],
  }));
  return { profiles, unseen, complete };
}

/** @param {string | undefined} jid in which a space is written as \20, and other characters alike (XEP-0106) */
function accountName(jid) {
  const written = /^[^/@]+(?=@)/.exec(jid ?? "")?.[0];
  return written?.replace(/\\([2-5][0-9a-f])/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}

/**
 * @param {Occupant} occupant
 * @param {readonly import("./lookalike.js").Judgement[]} judgements
 * @param {readonly string[]} unseen
 * @returns whether that was settled
 */
function settle(occupant, judgements, unseen) {
  // Somebody may have made a member of them meanwhile.
  if (isTrusted(occupant)) return true;
  const actions = new Set(judgements.map(({ action }) => action));
  const reasons = judgements.filter(({ action }) => action !== "keep").flatMap((one) => one.reasons);
  const why = [...new Set([...reasons.map(({ message }) => message), ...unseen])].join("; ");
  const who = JSON.stringify(plainText(occupant.nick));
  const failure = judgements.map(failureOf).find((one) => one !== undefined);
  if (actions.has("remove")) {
    remove(occupant, why);
  } else if (failure !== undefined) {
    fail([occupant], failure);
    return false;
  } else if (actions.has("review") || unseen.length > 0) {
    log(`kept for review ${who}: ${plainText(why)}`);
    void tellModerators(xmpp, settings, room.moderators(), `Please look at ${who}: ${why}`);
  } else {
    log(`kept ${who}`);
  }
  return true;
}

/**
 * @param {readonly Occupant[]} occupants
 * @param {unknown} error
 */
function fail(occupants, error) {
  log(`Lookalike did not judge: ${plainText(String(error))}`);
  for (const occupant of occupants.filter((one) => !isTrusted(one))) {
    // Nobody is banned for that.
    if (settings.onFailure === "remove") remove(occupant, TRY_LATER, "kick");
    else log(`kept unchecked ${JSON.stringify(plainText(occupant.nick))}`);
  }
}

/**
 * @param {Occupant} occupant
 * @param {string} reason
 * @param {"kick" | "ban"} action
 */
function remove(occupant, reason, action = settings.action) {
  occupant.removal = { reason, action };
  void removeOccupant(xmpp, settings, occupant, reason, action);
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await room.leave();
    await xmpp.stop();
    process.exit(0);
  });
}
// Where the server is away at the start the client goes on trying, as it does later.
await xmpp.start().catch(() => {});
