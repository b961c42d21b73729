const USER = "http://jabber.org/protocol/muc#user";
const AVATAR_HASH = "vcard-temp:x:update";

/**
 * What a presence from the room tells (XEP-0045).
 * @typedef {object} RoomPresence
 * @property {"here" | "gone" | "renamed" | "refused"} kind
 * @property {string} nick whose it is; of a rename the old one
 * @property {string} newNick of a rename; otherwise as `nick`
 * @property {boolean} own it is the guard's
 * @property {boolean} created the guard's joining has made the room
 * @property {boolean} conflict refused because somebody has the nick
 * @property {string | undefined} jid the real address, where it may be seen
 * @property {string} affiliation
 * @property {string} role
 * @property {string | undefined} avatarHash empty: has none; undefined: nothing told (XEP-0153)
 * @property {string} cause why somebody is gone or the guard was refused, for a log
 */

/**
 * @param {import("@xmpp/client").Element} stanza
 * @param {string} room
 * @param {string} ownNick
 * @returns {RoomPresence | null} null where it is no presence of this room
 */
export function readPresence(stanza, room, ownNick) {
  const from = stanza.attrs["from"] ?? "";
  if (!stanza.is("presence") || (from !== room && !from.startsWith(`${room}/`))) return null;
  const user = stanza.getChild("x", USER);
  const item = user?.getChild("item");
  const statuses = new Set((user?.getChildren("status") ?? []).map((status) => status.attrs["code"]));
  const nick = from.slice(room.length + 1);
  const newNick = statuses.has("303") ? item?.attrs["nick"] : undefined;
  const refusal = stanza.getChild("error");
  return {
    kind: kindOf(stanza.attrs["type"], newNick),
    nick,
    newNick: newNick ?? nick,
    own: statuses.has("110") || nick === ownNick,
    created: statuses.has("201"),
    conflict: refusal?.getChild("conflict") !== undefined,
    jid: item?.attrs["jid"],
    affiliation: item?.attrs["affiliation"] ?? "none",
    role: item?.attrs["role"] ?? "none",
    avatarHash: stanza.getChild("x", AVATAR_HASH)?.getChildText("photo") ?? undefined,
    cause: refusal?.toString() ?? `status ${[...statuses].join(", ") || "unavailable"}`,
  };
}

/**
 * @param {string | undefined} type
 * @param {string | undefined} newNick
 * @returns {RoomPresence["kind"]}
 */
function kindOf(type, newNick) {
  if (type === "error") return "refused";
  if (type !== "unavailable") return "here";
  return newNick === undefined ? "gone" : "renamed";
}
