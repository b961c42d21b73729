import { createHash } from "node:crypto";
import { client, type Element, type XmppClient, xml } from "@xmpp/client";

const MUC = "http://jabber.org/protocol/muc";
const USER = "http://jabber.org/protocol/muc#user";
const PUBSUB = "http://jabber.org/protocol/pubsub";
const AVATAR = "urn:xmpp:avatar";
/** Only against a test that hangs. */
const PATIENCE_MS = 30_000;

/** Somebody's client at an XMPP server. */
export interface XmppAccount {
  readonly xmpp: XmppClient;
  /** Stores a picture in the vCard (XEP-0153); null takes it away. */
  setVcardPhoto(picture: Buffer | null): Promise<void>;
  /** Publishes a picture as user avatar (XEP-0084): its bytes, or where it is. */
  publishAvatar(picture: Buffer | string): Promise<void>;
  /** Enters a room, or takes another nick there. Resolves once the room has let it in. */
  enter(room: string, nick: string, avatarHash?: string): Promise<void>;
  /** Resolves with the status and the reason once it was put out of the room; it may have been already. */
  removed(): Promise<{ readonly status: string; readonly reason: string | null }>;
  /** Resolves once somebody left of whom this is the address in a room; it may have been already. */
  seesLeave(address: string): Promise<void>;
  /** Resolves with the first message received that matches; it may have come already. */
  told(pattern: RegExp): Promise<string>;
  close(): Promise<void>;
}

export interface XmppAccountOptions {
  readonly service: string;
  readonly domain: string;
  readonly username: string;
  readonly password?: string;
}

export async function openAccount(options: XmppAccountOptions): Promise<XmppAccount> {
  const { service, domain, username, password = "any" } = options;
  const xmpp = client({
    service,
    domain,
    // The client itself sends no plain password without TLS, not even on the loopback.
    credentials: (authenticate) => authenticate({ username, password }, "PLAIN"),
  });
  const stanzas: Element[] = [];
  const watchers = new Set<(stanza: Element) => void>();
  xmpp.on("error", () => {});
  xmpp.on("stanza", (stanza) => {
    stanzas.push(stanza);
    for (const watch of watchers) watch(stanza);
  });
  await xmpp.start();

  /** The first stanza, of those received since `start` or yet to come, of which `read` makes something. */
  function find<Found>(what: string, read: (stanza: Element) => Found | Error | undefined, start = 0): Promise<Found> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        watchers.delete(watch);
        reject(new Error(`Expected ${what} for ${username} but received only ${stanzas.join("\n").slice(-4000)}`));
      }, PATIENCE_MS);
      function watch(stanza: Element): void {
        const found = read(stanza);
        if (found === undefined) return;
        clearTimeout(late);
        watchers.delete(watch);
        if (found instanceof Error) reject(found);
        else resolve(found);
      }
      watchers.add(watch);
      for (const stanza of stanzas.slice(start)) watch(stanza);
    });
  }

  async function publish(node: string, id: string, payload: Element): Promise<void> {
    const item = xml("publish", { node: `${AVATAR}:${node}` }, xml("item", { id }, payload));
    const field = (name: string, value: string) => xml("field", { var: name }, xml("value", {}, value));
    const form = xml(
      "x",
      { xmlns: "jabber:x:data", type: "submit" },
      field("FORM_TYPE", `${PUBSUB}#publish-options`),
      field("pubsub#access_model", "open"),
    );
    await xmpp.iqCaller.set(xml("pubsub", { xmlns: PUBSUB }, item, xml("publish-options", {}, form)));
  }

  return {
    xmpp,
    async setVcardPhoto(picture) {
      const photo = picture === null ? [] : [xml("BINVAL", {}, picture.toString("base64"))];
      await xmpp.iqCaller.set(xml("vCard", { xmlns: "vcard-temp" }, xml("PHOTO", {}, ...photo)));
    },
    async publishAvatar(picture) {
      const bytes = Buffer.isBuffer(picture) ? picture : Buffer.alloc(0);
      const url = typeof picture === "string" ? { url: picture } : {};
      const id = sha1(bytes);
      await publish("data", id, xml("data", { xmlns: `${AVATAR}:data` }, bytes.toString("base64")));
      const info = xml("info", { id, bytes: String(bytes.length), type: "image/png", ...url });
      await publish("metadata", id, xml("metadata", { xmlns: `${AVATAR}:metadata` }, info));
    },
    async enter(room, nick, avatarHash) {
      const start = stanzas.length;
      // As the server writes names.
      const address = `${room}/${nick.normalize("NFKC")}`;
      const avatar = avatarHash === undefined ? [] : [xml("x", "vcard-temp:x:update", xml("photo", {}, avatarHash))];
      await xmpp.send(xml("presence", { to: `${room}/${nick}` }, xml("x", { xmlns: MUC }), ...avatar));
      await find(
        `to be let in as ${nick}`,
        (stanza) => {
          if (stanza.is("presence") && stanza.attrs["type"] === "error") return new Error(stanza.toString());
          const here = stanza.attrs["type"] === undefined && stanza.attrs["from"] === address;
          return here && statusesOf(stanza).includes("110") ? true : undefined;
        },
        start,
      );
    },
    removed: () =>
      find("to be removed", (stanza) => {
        const status = statusesOf(stanza).find((code) => code === "307" || code === "301");
        const own = stanza.attrs["type"] === "unavailable" && statusesOf(stanza).includes("110");
        if (!own || status === undefined) return undefined;
        return { status, reason: stanza.getChild("x", USER)?.getChild("item")?.getChildText("reason") ?? null };
      }),
    async seesLeave(address) {
      await find(`to see ${address} leave`, (stanza) => {
        const gone = stanza.is("presence") && stanza.attrs["type"] === "unavailable";
        return gone && stanza.attrs["from"] === address ? true : undefined;
      });
    },
    told: (pattern) =>
      find(`a message like ${pattern}`, (stanza) => {
        const body = stanza.is("message") ? stanza.getChildText("body") : null;
        return body !== null && pattern.test(body) ? body : undefined;
      }),
    async close() {
      await xmpp.stop();
    },
  };
}

/** As hex: what clients announce of a picture. */
export function sha1(bytes: Buffer): string {
  return createHash("sha1").update(bytes).digest("hex");
}

function statusesOf(stanza: Element): (string | undefined)[] {
  if (!stanza.is("presence")) return [];
  const user = stanza.getChild("x", USER);
  return (user?.getChildren("status") ?? []).map((status) => status.attrs["code"]);
}
