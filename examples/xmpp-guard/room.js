import { xml } from "@xmpp/client";
import { log, plainText } from "./plain-text.js";
import { readPresence } from "./presence.js";

const MUC = "http://jabber.org/protocol/muc";
const PING = "urn:xmpp:ping";
const JOIN_AGAIN_AFTER_MS = 2000;
/**
 * How a room's answer to the guard's ping to itself (XEP-0410) may fail while the guard is in: its own client refuses it, its
 * nick is being changed, or nobody can tell, since the room's server is away. Any other error says that it is not.
 */
const NOT_OUT = [
  "service-unavailable",
  "feature-not-implemented",
  "item-not-found",
  "remote-server-not-found",
  "remote-server-timeout",
];

/**
 * Somebody in the room: one object from joining to leaving, whatever nick it takes meanwhile.
 * @typedef {object} Occupant
 * @property {string} nick
 * @property {string | undefined} jid the real address, where the guard may see it; moderators usually may
 * @property {string} affiliation
 * @property {string} role
 * @property {string | undefined} avatarHash as its presence announces it
 * @property {boolean} present
 * @property {{ readonly reason: string, readonly action: "kick" | "ban" } | undefined} removal once it is to go
 */

/**
 * Enters the room whenever the connection is new, enters again when put out, and keeps book of who is there.
 * @param {import("@xmpp/client").XmppClient} xmpp
 * @param {import("./settings.js").Settings} settings
 * @param {object} on
 * @param {(occupant: Occupant) => void} on.look called for everybody who is there or comes, and again with each new nick
 *   or avatar; not for the guard itself
 * @param {() => void} on.created called when the room did not exist; it lets nobody in until its owner has set it up
 */
export function enterRoom(xmpp, settings, on) {
  const { room } = settings;
  /** @type {Map<string, Occupant>} */
  const occupants = new Map();
  let ownNick = settings.nick;
  let inside = false;
  let leaving = false;
  let joinedMs = 0;
  /** @type {NodeJS.Timeout | undefined} */
  let joinAgain;

  /** @param {import("@xmpp/client").Element} stanza */
  async function send(stanza) {
    // A stanza that can't be sent is lost together with its connection, and the next one begins with the whole room.
    await xmpp.send(stanza).catch(() => {});
  }

  async function join() {
    clearTimeout(joinAgain);
    joinAgain = undefined;
    inside = false;
    joinedMs = performance.now();
    for (const occupant of occupants.values()) occupant.present = false;
    occupants.clear();
    const x = xml("x", { xmlns: MUC }, xml("history", { maxstanzas: "0" }));
    await send(xml("presence", { to: `${room}/${ownNick}` }, x));
  }

  /** @param {string} cause */
  function joinLater(cause) {
    if (leaving) return;
    inside = false;
    log(`not in ${room}, trying again in ${JOIN_AGAIN_AFTER_MS / 1000} s: ${plainText(cause)}`);
    clearTimeout(joinAgain);
    joinAgain = setTimeout(join, JOIN_AGAIN_AFTER_MS);
  }

  /** A room that forgets the guard, as its server does when it starts anew, tells nobody. */
  async function askWhetherInside() {
    if (leaving || xmpp.status !== "online") return;
    if (!inside) {
      // The room may never have heard of it, or its answer was lost.
      if (joinAgain === undefined && performance.now() - joinedMs >= settings.pingMs) joinLater("no answer");
      return;
    }
    const nick = ownNick;
    const since = joinedMs;
    try {
      await xmpp.iqCaller.get(xml("ping", PING), `${room}/${nick}`, settings.pingMs);
    } catch (error) {
      // Silence tells nothing either.
      if (!(error instanceof Error) || error.name !== "StanzaError") return;
      const condition = "condition" in error ? String(error.condition) : "";
      const isOut = !NOT_OUT.includes(condition) && inside && nick === ownNick && since === joinedMs;
      if (isOut) joinLater(condition);
    }
  }

  /** @param {import("./presence.js").RoomPresence} presence */
  function aboutGuard(presence) {
    if (presence.kind === "refused" || presence.kind === "gone") {
      if (presence.conflict) ownNick += "_";
      return joinLater(presence.cause);
    }
    ownNick = presence.newNick;
    if (inside || presence.kind === "renamed") return;
    inside = true;
    log(`in ${room} as ${plainText(ownNick)} with ${occupants.size} others`);
    if (presence.role !== "moderator") log(`can't remove anybody here: has the role ${presence.role}, not moderator`);
    if (presence.created) on.created();
  }

  /** @param {import("./presence.js").RoomPresence} presence */
  function aboutOther({ kind, nick, newNick, jid, affiliation, role, avatarHash }) {
    const known = occupants.get(nick);
    if (kind === "here" && known === undefined) {
      const occupant = { nick, jid, affiliation, role, avatarHash, present: true, removal: undefined };
      occupants.set(nick, occupant);
      on.look(occupant);
    } else if (kind === "here" && known !== undefined) {
      const newLook = avatarHash !== undefined && avatarHash !== known.avatarHash;
      const stranger = affiliation === "none" && known.affiliation !== "none";
      Object.assign(known, { jid, affiliation, role, avatarHash: avatarHash ?? known.avatarHash });
      if (newLook || stranger) on.look(known);
    } else if (known !== undefined) {
      occupants.delete(nick);
      if (kind === "renamed") occupants.set(newNick, Object.assign(known, { nick: newNick }));
      else known.present = false;
      if (kind === "renamed") on.look(known);
    }
  }

  xmpp.on("online", join);
  setInterval(askWhetherInside, settings.pingMs);
  xmpp.on("stanza", (stanza) => {
    const presence = readPresence(stanza, room, ownNick);
    if (presence === null) return;
    if (presence.own || presence.kind === "refused") aboutGuard(presence);
    else aboutOther(presence);
  });

  return {
    /** @returns {Occupant[]} */
    moderators: () => [...occupants.values()].filter((occupant) => occupant.role === "moderator"),
    async leave() {
      leaving = true;
      clearTimeout(joinAgain);
      await send(xml("presence", { to: `${room}/${ownNick}`, type: "unavailable" }));
    },
  };
}
