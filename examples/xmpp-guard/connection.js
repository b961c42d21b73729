import { client, xml } from "@xmpp/client";
import { log, plainText } from "./plain-text.js";

const STREAM_MANAGEMENT = "urn:xmpp:sm:3";
const PING = "urn:xmpp:ping";

/**
 * Connects, and connects again whenever that ends. Rejects nothing: failures are logged.
 * @param {import("./settings.js").Settings} settings
 * @returns {import("@xmpp/client").XmppClient} not started yet
 */
export function createConnection({ service, domain, username, password, pingMs }) {
  const xmpp = client({ service, domain, username, password });

  xmpp.on("open", () => {
    // The client turns each piece that arrives into text by itself, which breaks a character that lies in two of them, and
    // with it a nick. Sockets put such characters together.
    const source = xmpp.socket?.socket ?? xmpp.socket;
    source?.setEncoding?.("utf8");
  });
  xmpp.prependListener("element", (element) => {
    // The client leaves the answers that it waits for out of its count of stanzas, so a server would keep them all, and send
    // them again when the stream is resumed. The guard begins anew instead.
    if (element.is("features")) element.children = element.children.filter((child) => !isStreamManagement(child));
  });
  xmpp.on("error", (error) => {
    log(`XMPP: ${plainText(String(error))}`);
    if (error.name === "SASLError") process.exit(1);
  });
  setInterval(async () => {
    if (xmpp.status !== "online") return;
    // Any answer tells that the server is there, an error too.
    const alive = await xmpp.iqCaller.get(xml("ping", PING), domain, pingMs).then(isAnswered, isAnswered);
    if (!alive && xmpp.status === "online") await xmpp.disconnect().catch(() => {});
  }, pingMs);
  return xmpp;
}

/** @param {Error | import("@xmpp/client").Element | undefined} outcome of a question */
function isAnswered(outcome) {
  return !(outcome instanceof Error) || outcome.name === "StanzaError";
}

/** @param {import("@xmpp/client").Element | string} child */
function isStreamManagement(child) {
  return typeof child !== "string" && child.is("sm", STREAM_MANAGEMENT);
}
