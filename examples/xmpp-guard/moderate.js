import { xml } from "@xmpp/client";
import { log, plainText } from "./plain-text.js";

// What a moderator does in a room (XEP-0045, chapters 8 to 10).

const ADMIN = "http://jabber.org/protocol/muc#admin";
const OWNER = "http://jabber.org/protocol/muc#owner";
const USER = "http://jabber.org/protocol/muc#user";
const ANSWER_WITHIN_MS = 15_000;

/**
 * Kicks or bans. Who changes the nick while the order is on its way stays; the change is seen, and the order given again.
 * @param {import("@xmpp/client").XmppClient} xmpp
 * @param {import("./settings.js").Settings} settings
 * @param {import("./room.js").Occupant} occupant
 * @param {string} reason
 * @param {"kick" | "ban"} action
 */
export async function removeOccupant(xmpp, settings, occupant, reason, action) {
  const account = occupant.jid?.split("/")[0];
  // A room that hides addresses from its moderators can only be asked to kick.
  const banned = action === "ban" ? account : undefined;
  if (banned === undefined && !occupant.present) return;
  const who = JSON.stringify(plainText(occupant.nick));
  const change = banned === undefined ? { nick: occupant.nick, role: "none" } : { jid: banned, affiliation: "outcast" };
  const order = xml("item", change, xml("reason", {}, plainText(reason)));
  try {
    await xmpp.iqCaller.set(xml("query", { xmlns: ADMIN }, order), settings.room, ANSWER_WITHIN_MS);
    log(`${banned === undefined ? "kicked" : "banned"} ${who}: ${plainText(reason)}`);
  } catch (error) {
    log(`not removed ${who}: ${plainText(String(error))}`);
  }
}

/**
 * Sends each of them a private message through the room.
 * @param {import("@xmpp/client").XmppClient} xmpp
 * @param {import("./settings.js").Settings} settings
 * @param {readonly import("./room.js").Occupant[]} moderators
 * @param {string} text
 */
export async function tellModerators(xmpp, settings, moderators, text) {
  for (const { nick } of moderators) {
    const body = xml("body", {}, plainText(text, 2000));
    const message = xml("message", { to: `${settings.room}/${nick}`, type: "chat" }, body, xml("x", { xmlns: USER }));
    await xmpp.send(message).catch((error) => log(`not told ${plainText(nick)}: ${plainText(String(error))}`));
  }
}

/**
 * Opens a room that was just made, with the server's defaults.
 * @param {import("@xmpp/client").XmppClient} xmpp
 * @param {import("./settings.js").Settings} settings
 */
export async function openNewRoom(xmpp, settings) {
  const defaults = xml("query", { xmlns: OWNER }, xml("x", { xmlns: "jabber:x:data", type: "submit" }));
  try {
    await xmpp.iqCaller.set(defaults, settings.room, ANSWER_WITHIN_MS);
    log(`${settings.room} did not exist: made it, as its owner`);
  } catch (error) {
    log(`${settings.room} did not exist, and could not be opened: ${plainText(String(error))}`);
  }
}
