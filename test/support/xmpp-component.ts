import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";

/** A question to an account of the component's host. */
export interface ComponentQuestion {
  /** Bare address of the account asked. */
  readonly to: string;
  /** `vCard` or `pubsub`. */
  readonly about: string;
}

/** A host of its own that says what its accounts answer (XEP-0114), which a server's own accounts can't. */
export interface XmppComponent {
  /** Sends an account into a room. */
  enter(account: string, room: string, nick: string): void;
  /** Resolves with the status code once the account was put out of the room. */
  removed(account: string): Promise<string>;
  /** Calls back with every presence and question that comes, whoever it is for. */
  receive(watch: (stanza: string) => void): void;
  send(stanza: string): void;
  close(): void;
}

/**
 * Connects as the host.
 * @param answer the payload as XML, null for an error, undefined for silence
 */
export async function openComponent(
  port: number,
  host: string,
  secret: string,
  answer: (question: ComponentQuestion) => string | null | undefined,
): Promise<XmppComponent> {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  await once(socket, "connect");
  socket.write(
    `<stream:stream xmlns="jabber:component:accept" xmlns:stream="http://etherx.jabber.org/streams" to="${host}">`,
  );
  const removals = new Map<string, string>();
  const watchers = new Set<() => void>();
  const receivers = new Set<(stanza: string) => void>();
  let text = "";

  function onQuestion(iq: string): void {
    const [to = "", from = "", id = ""] = ["to", "from", "id"].map((name) => attribute(iq, name));
    const payload = answer({ to: bare(to), about: /<(\w+)/.exec(iq.slice(iq.indexOf(">") + 1))?.[1] ?? "" });
    if (payload === undefined) return;
    const type = payload === null ? "error" : "result";
    const body =
      payload ?? '<error type="cancel"><item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>';
    socket.write(`<iq type="${type}" id="${id}" from="${to}" to="${from}">${body}</iq>`);
  }

  function onPresence(presence: string): void {
    const code = /code=['"](301|307)['"]/.exec(presence)?.[1];
    if (code === undefined || !/code=['"]110['"]/.test(presence)) return;
    removals.set(bare(attribute(presence, "to")), code);
    for (const watch of watchers) watch();
  }

  await new Promise<void>((resolve, reject) => {
    socket.once("close", () => reject(new Error(`Expected to be let in as ${host} but received ${text}`)));
    socket.on("error", reject);
    socket.on("data", (piece) => {
      text += piece;
      const stream = /<stream:stream[^>]*\sid=['"]([^'"]+)/.exec(text)?.[1];
      if (stream !== undefined) {
        text = text.slice(text.indexOf(">", text.indexOf("<stream:stream")) + 1);
        const proof = createHash("sha1").update(stream).update(secret).digest("hex");
        socket.write(`<handshake>${proof}</handshake>`);
      }
      if (text.includes("<handshake/>")) resolve();
      text = text.replace(/<(iq|presence)\b[^>]*?(?:\/>|>.*?<\/\1>)/gs, (stanza, name) => {
        if (name === "presence") onPresence(stanza);
        else if (attribute(stanza, "type") === "get") onQuestion(stanza);
        for (const receive of receivers) receive(stanza);
        return "";
      });
    });
  });
  return {
    enter(account, room, nick) {
      const x = '<x xmlns="http://jabber.org/protocol/muc"/>';
      socket.write(`<presence from="${account}@${host}/client" to="${room}/${nick}">${x}</presence>`);
    },
    removed: (account) =>
      new Promise((resolve) => {
        const watch = () => {
          const code = removals.get(`${account}@${host}`);
          if (code === undefined) return;
          watchers.delete(watch);
          resolve(code);
        };
        watchers.add(watch);
        watch();
      }),
    receive: (watch) => void receivers.add(watch),
    send: (stanza) => void socket.write(stanza),
    close: () => socket.destroy(),
  };
}

/** An attribute of a stanza itself; empty where it has none of that name. */
export function attribute(stanza: string, name: string): string {
  const head = stanza.slice(0, stanza.indexOf(">"));
  return new RegExp(`\\s${name}=['"]([^'"]*)`).exec(head)?.[1] ?? "";
}

function bare(address: string): string {
  return address.split("/")[0] ?? "";
}
