import { xml } from "@xmpp/client";
import { log, plainText } from "./plain-text.js";

// Where XMPP clients look for somebody's picture: in the vCard (XEP-0054, as XEP-0153 has it) and in the user avatar
// (XEP-0084). Both are fetched, since an account can show one picture in each.

const PUBSUB = "http://jabber.org/protocol/pubsub";
const METADATA = "urn:xmpp:avatar:metadata";
const DATA = "urn:xmpp:avatar:data";
/** Of base64: a picture of 10 MiB, so that two go into one call. Few servers pass so much on in one stanza. */
const LONGEST_BASE64 = 14 * 1024 * 1024;
const LONGEST_URL = 2048;

/** @typedef {{ readonly image: string, readonly url?: never } | { readonly url: string, readonly image?: never }} Picture */

/** A picture that is there, and can't be shown to Lookalike. */
class UnseenPicture extends Error {}

/**
 * @param {import("@xmpp/client").XmppClient} xmpp
 * @param {import("./settings.js").Settings} settings
 * @param {import("./room.js").Occupant} occupant
 * @returns {Promise<{ pictures: Picture[], unseen: string[], complete: boolean }>} up to two that differ, and why others can't
 *   be judged; not complete where an answer did not come in time
 */
export async function fetchPictures(xmpp, settings, occupant) {
  const inRoom = `${settings.room}/${occupant.nick}`;
  const account = occupant.jid?.split("/")[0] ?? inRoom;
  const wait = settings.avatarTimeoutMs;
  let complete = true;
  /** @type {string[]} */
  const unseen = [];
  /** @param {Error} error */
  const skip = (error) => {
    // A stanza's error says that there is no such thing, or that it is not for everybody.
    if (error.name === "StanzaError") return null;
    if (error.name === "TimeoutError") complete = false;
    if (error instanceof UnseenPicture) unseen.push(error.message);
    log(`avatar of ${JSON.stringify(plainText(occupant.nick))} not read: ${plainText(error.message || error.name)}`);
    return null;
  };
  const fetched = [fromVcard(xmpp, inRoom, wait).catch(skip), fromUserAvatar(xmpp, account, wait).catch(skip)];
  const pictures = (await Promise.all(fetched)).filter((picture) => picture !== null);
  const [first, second] = pictures;
  const same = first?.image === second?.image && first?.url === second?.url;
  return { pictures: same ? pictures.slice(0, 1) : pictures, unseen, complete };
}

/**
 * @param {import("@xmpp/client").XmppClient} xmpp
 * @param {string} address
 * @param {number} timeoutMs
 */
async function fromVcard(xmpp, address, timeoutMs) {
  const vcard = await xmpp.iqCaller.get(xml("vCard", { xmlns: "vcard-temp" }), address, timeoutMs);
  const photo = vcard?.getChild("PHOTO");
  return toPicture(photo?.getChildText("BINVAL"), photo?.getChildText("EXTVAL"));
}

/**
 * @param {import("@xmpp/client").XmppClient} xmpp
 * @param {string} address
 * @param {number} timeoutMs
 */
async function fromUserAvatar(xmpp, address, timeoutMs) {
  /** @param {Record<string, string>} which @param {import("@xmpp/client").Element[]} items */
  const items = async (which, ...items) => {
    const query = xml("pubsub", { xmlns: PUBSUB }, xml("items", which, ...items));
    const answer = await xmpp.iqCaller.get(query, address, timeoutMs);
    return answer?.getChild("items")?.getChild("item");
  };
  const info = (await items({ node: METADATA, max_items: "1" }))?.getChild("metadata", METADATA)?.getChild("info");
  if (info === undefined) return null;
  if (info.attrs["url"]) return toPicture(null, info.attrs["url"]);
  const item = await items({ node: DATA }, xml("item", { id: info.attrs["id"] }));
  return toPicture(item?.getChildText("data", DATA), null);
}

/**
 * @param {string | null | undefined} base64
 * @param {string | null | undefined} url
 * @returns {Picture | null}
 */
function toPicture(base64, url) {
  if (base64) {
    if (base64.length > LONGEST_BASE64) {
      throw new UnseenPicture(`a picture of ${base64.length} characters of base64, more than ${LONGEST_BASE64}`);
    }
    return { image: base64.replace(/\s+/g, "") };
  }
  if (!url?.trim()) return null;
  if (url.length > LONGEST_URL) {
    throw new UnseenPicture(`a picture with an address of ${url.length} characters, more than ${LONGEST_URL}`);
  }
  return { url: url.trim() };
}
