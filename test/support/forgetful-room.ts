import { attribute, type XmppComponent } from "./xmpp-component.ts";

/** A room of a component that lets a guard in, and one day knows nothing of it any more. */
export interface ForgetfulRoom {
  readonly address: string;
  /** What came of the guard so far: `join`, `ping`, `kick <nick>`. */
  readonly seen: readonly string[];
  /** Resolves once `seen` holds as many of these. */
  saw(what: string, times?: number): Promise<void>;
}

const USER = "http://jabber.org/protocol/muc#user";
const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";

/**
 * @param answers errors with which it answers pings of the guard to itself, one after another; then it is in
 * @param spammer a nick that is there from the guard's second coming on
 */
export function openForgetfulRoom(
  component: XmppComponent,
  address: string,
  answers: readonly string[],
  spammer: string,
): ForgetfulRoom {
  const seen: string[] = [];
  const watchers = new Set<() => void>();
  const count = (what: string) => seen.filter((each) => each === what).length;

  function note(what: string): void {
    seen.push(what);
    for (const watch of watchers) watch();
  }

  function presence(from: string, to: string, item: string): string {
    return `<presence from="${from}" to="${to}"><x xmlns="${USER}">${item}</x></presence>`;
  }

  component.receive((stanza) => {
    const [to, from, id, type] = ["to", "from", "id", "type"].map((name) => attribute(stanza, name));
    if (to?.split("/")[0] !== address || from === undefined) return;
    const reply = (kind: string, child = "") =>
      component.send(`<iq type="${kind}" id="${id}" from="${to}" to="${from}">${child}</iq>`);
    const refuse = (condition: string) =>
      reply("error", `<error type="cancel"><${condition} xmlns="${STANZAS}"/></error>`);
    if (stanza.startsWith("<presence") && type === "") {
      const present = presence(`${address}/${spammer}`, from, '<item affiliation="none" role="participant"/>');
      if (count("join") > 0) component.send(present);
      component.send(presence(to, from, '<item affiliation="admin" role="moderator"/><status code="110"/>'));
      note("join");
    } else if (stanza.includes("urn:xmpp:ping")) {
      const error = answers[count("ping")];
      note("ping");
      if (error === undefined) reply("result");
      else refuse(error);
    } else if (stanza.startsWith("<iq") && type === "set") {
      reply("result");
      note(`kick ${/nick=['"]([^'"]*)/.exec(stanza)?.[1]}`);
    } else if (stanza.startsWith("<iq") && type === "get") {
      refuse("item-not-found");
    }
  });
  return {
    address,
    seen,
    saw: (what, times = 1) =>
      new Promise((resolve) => {
        const watch = () => {
          if (count(what) < times) return;
          watchers.delete(watch);
          resolve();
        };
        watchers.add(watch);
        watch();
      }),
  };
}
