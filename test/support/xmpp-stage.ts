import { xml } from "@xmpp/client";
import { GUARDED_HOST, OPEN_HOST, type Prosody, ROOMS_HOST, startProsody } from "./prosody.ts";
import { ask } from "./requests.ts";
import { startService, type TestService } from "./service.ts";
import { openGateway, type TcpGateway } from "./tcp-gateway.ts";
import { openAccount, type XmppAccount } from "./xmpp-account.ts";
import { type GuardProcess, startGuard } from "./xmpp-guard.ts";

const MUC = "http://jabber.org/protocol/muc";
const PASSWORD = "correct horse";

/** Lookalike with the real model, an XMPP server, and what guards and joiners need to meet there. */
export interface XmppStage {
  readonly service: TestService;
  readonly prosody: Prosody;
  /** The guards' ways to Lookalike and to the XMPP server; the second cuts characters of several bytes in two. */
  readonly lookalike: TcpGateway;
  readonly network: TcpGateway;
  /** The owner of the rooms, who is in each of them. */
  readonly owner: XmppAccount;
  /** Starts a guard of a room that is there; resolves once it is in. */
  guard(room: string, settings?: Record<string, string>): Promise<GuardProcess>;
  /** Opens a room with a guard in it. */
  guardRoom(name: string, settings?: Record<string, string>): Promise<GuardedRoom>;
  /** A client of a host that lets everybody in; by default under any name. */
  account(username: string, host?: string): Promise<XmppAccount>;
  close(): Promise<void>;
}

export interface GuardedRoom {
  readonly address: string;
  readonly guard: GuardProcess;
  /** Has its owner change somebody's role (by nick) or affiliation (by jid). */
  change(item: Readonly<Record<string, string>>): Promise<void>;
}

/** @param prepare makes the lists, before anybody comes */
export async function setXmppStage(prepare: (service: TestService) => Promise<void>): Promise<XmppStage> {
  const closing: (() => Promise<unknown>)[] = [];
  async function close(): Promise<void> {
    // What was begun last ends first, and all of it ends.
    const ends = [];
    for (const end of closing.reverse()) ends.push(...(await Promise.allSettled([end()])));
    const failed = ends.find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
  }
  try {
    const prosody = await startProsody();
    closing.push(() => prosody.remove());
    const service = await startService();
    closing.push(() => service.close());
    await prepare(service);
    const lookalike = await openGateway(Number(new URL(service.url).port));
    closing.push(() => lookalike.close());
    const network = await openGateway(prosody.clientPort, { cutCharacters: true });
    closing.push(() => network.close());
    await prosody.register("guard", PASSWORD);
    const { key } = await service.createKey({ name: "guard", scopes: ["check"] });

    async function account(username: string, host = OPEN_HOST): Promise<XmppAccount> {
      const opened = await openAccount({ service: prosody.service, domain: host, username });
      closing.push(() => opened.close());
      return opened;
    }

    async function guard(room: string, settings: Record<string, string> = {}): Promise<GuardProcess> {
      const started = startGuard({
        XMPP_SERVICE: `xmpp://127.0.0.1:${network.port}`,
        XMPP_DOMAIN: GUARDED_HOST,
        XMPP_USERNAME: "guard",
        XMPP_PASSWORD: PASSWORD,
        ROOM: room,
        LOOKALIKE_URL: `http://127.0.0.1:${lookalike.port}`,
        LOOKALIKE_KEY: key,
        AVATAR_TIMEOUT_SECONDS: "10",
        ...settings,
      });
      closing.push(() => started.stop());
      await started.says(/^in /);
      return started;
    }

    const owner = await account("owner");

    async function guardRoom(name: string, settings: Record<string, string> = {}): Promise<GuardedRoom> {
      const address = `${name}@${ROOMS_HOST}`;
      const set = (kind: string, child: ReturnType<typeof xml>) =>
        owner.xmpp.iqCaller.set(xml("query", { xmlns: `${MUC}#${kind}` }, child), address);
      const change = async (item: Readonly<Record<string, string>>) => {
        await set("admin", xml("item", item));
      };
      await owner.enter(address, "owner");
      const persistent = xml("field", { var: "muc#roomconfig_persistentroom" }, xml("value", {}, "1"));
      const form = xml("field", { var: "FORM_TYPE" }, xml("value", {}, `${MUC}#roomconfig`));
      await set("owner", xml("x", { xmlns: "jabber:x:data", type: "submit" }, form, persistent));
      await change({ jid: `guard@${GUARDED_HOST}`, affiliation: "admin" });
      return { address, guard: await guard(address, settings), change };
    }

    return { service, prosody, lookalike, network, owner, guard, guardRoom, account, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Makes an entry of a list. */
export async function addEntry(service: TestService, list: string, body: object | Buffer): Promise<void> {
  const added = await ask(service, "POST", `/v1/lists/${list}/entries`, { body });
  if (added.status !== 201) throw new Error(`No entry was made: ${JSON.stringify(added.body)}`);
}

export async function addList(service: TestService, list: object): Promise<void> {
  const added = await ask(service, "POST", "/v1/lists", { body: list });
  if (added.status !== 201) throw new Error(`No list was made: ${JSON.stringify(added.body)}`);
}
