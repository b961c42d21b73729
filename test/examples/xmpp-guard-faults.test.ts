import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { missingProgram } from "../support/debian-program.ts";
import { openForgetfulRoom } from "../support/forgetful-room.ts";
import { type ImageOrigin, startImageOrigin } from "../support/image-origin.ts";
import { detailedPicture, largeCopy } from "../support/pictures.ts";
import { FOREIGN_HOST, FOREIGN_SECRET, OPEN_HOST, PROSODY } from "../support/prosody.ts";
import type { XmppAccount } from "../support/xmpp-account.ts";
import { type ComponentQuestion, openComponent, type XmppComponent } from "../support/xmpp-component.ts";
import { addEntry, addList, type GuardedRoom, setXmppStage, type XmppStage } from "../support/xmpp-stage.ts";

const porn = await readFile(new URL("../fixtures/model/Porn.png", import.meta.url));

const FORGETFUL = `forgetful@${FOREIGN_HOST}`;

let stage: XmppStage;
let lounge: GuardedRoom;
let foreign: XmppComponent;
let origin: ImageOrigin;
/** What the foreign accounts answer when asked for their vCards. */
const vcards = new Map<string, string | undefined>();

async function join(username: string, nick: string): Promise<XmppAccount> {
  const account = await stage.account(username);
  await account.enter(lounge.address, nick);
  return account;
}

function answer({ to, about }: ComponentQuestion): string | null | undefined {
  if (to === FORGETFUL) return undefined;
  const photo = vcards.get(to.split("@")[0] ?? "");
  if (about !== "vCard") return null;
  return photo && `<vCard xmlns="vcard-temp"><PHOTO>${photo}</PHOTO></vCard>`;
}

describe("the guard of an XMPP room under faults", { skip: missingProgram(PROSODY), timeout: 120_000 }, () => {
  before(async () => {
    origin = await startImageOrigin((_, socket) => {
      socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${porn.length}\r\n\r\n`), porn]));
    });
    stage = await setXmppStage(async (service) => {
      await addList(service, { name: "spam-names", kind: "names" });
      await addEntry(service, "spam-names", { pattern: "*free followers*", syntax: "wildcard" });
    });
    lounge = await stage.guardRoom("lounge", { AVATAR_TIMEOUT_SECONDS: "1.5", RETRY_SECONDS: "1", PING_SECONDS: "2" });
    foreign = await openComponent(stage.prosody.componentPort, FOREIGN_HOST, FOREIGN_SECRET, answer);
  });
  after(async () => {
    foreign?.close();
    await origin?.close();
    await stage?.close();
  });

  it("removes who shows an unsafe picture by its address", async () => {
    vcards.set("linker", `<EXTVAL>http://127.0.0.1:${origin.port}/avatar.png</EXTVAL>`);
    foreign.enter("linker", lounge.address, "Linker");
    assert.equal(await foreign.removed("linker"), "307");
  });

  it("removes who shows an unsafe picture that is as large as servers pass on", async () => {
    const large = await largeCopy(porn, 480);
    assert.ok(large.length > 400 * 1024, `${large.length} bytes`);
    vcards.set("painter", `<BINVAL>${large.toString("base64")}</BINVAL>`);
    foreign.enter("painter", lounge.address, "Painter");
    assert.equal(await foreign.removed("painter"), "307");
  });

  it("comes back to a room that forgot it without a word, and stays where its own client refuses the ping", async () => {
    const room = openForgetfulRoom(
      foreign,
      FORGETFUL,
      ["service-unavailable", "item-not-found", "not-acceptable"],
      "free followers unseen",
    );
    const guard = await stage.guard(room.address, { PING_SECONDS: "1" });
    await room.saw("join", 2);
    assert.deepEqual(room.seen.slice(0, 5), ["join", "ping", "ping", "ping", "join"]);
    await room.saw("kick free followers unseen");
    await guard.stop();
  });

  it("judges by the name who never answers with a picture, and lets nobody wait for it", async () => {
    foreign.enter("silent", lounge.address, "Silent");
    foreign.enter("mute", lounge.address, "Free Followers by Mute");
    const spammer = await join("hasty", "Free Followers at once");
    await spammer.removed();
    assert.ok(!lounge.guard.lines().some((line) => line.includes("Silent")), "somebody else had to wait");
    await lounge.guard.says(/^avatar of "Silent" not read/);
    await lounge.guard.says(/^kept "Silent"$/);
    assert.equal(await foreign.removed("mute"), "307");
  });

  it("judges the name alone beside a hostile vCard, and shows moderators what is no picture", async () => {
    const hostile = [
      {
        nick: "Long",
        photo: `<EXTVAL>http://a/${"b".repeat(2048)}</EXTVAL>`,
        outcome: /^kept for review "Long": .*2057/,
      },
      { nick: "Blank", photo: "<BINVAL/><EXTVAL> </EXTVAL>", outcome: /^kept "Blank"$/ },
      { nick: "Garbled", photo: "<BINVAL>?!no base64&amp;</BINVAL>", outcome: /^kept for review "Garbled"/ },
      { nick: "Text", photo: "<BINVAL>bm8gcGljdHVyZSBhdCBhbGw=</BINVAL>", outcome: /^kept for review "Text"/ },
      { nick: "File", photo: "<EXTVAL>file:///etc/passwd</EXTVAL>", outcome: /^kept for review "File"/ },
    ];
    for (const { nick, photo } of hostile) {
      const account = nick.toLowerCase();
      vcards.set(account, photo).set(`${account}-spam`, photo);
      foreign.enter(account, lounge.address, nick);
      foreign.enter(`${account}-spam`, lounge.address, `free followers ${nick}`);
    }
    for (const { nick, outcome } of hostile) {
      await lounge.guard.says(outcome);
      assert.equal(await foreign.removed(`${nick.toLowerCase()}-spam`), "307");
    }
    await lounge.guard.says(/^avatar of "Long" not read/);
    await stage.owner.told(/^Please look at "Text"/);
  });

  it("lets people stay while Lookalike is away, then goes on and comes back to them", async () => {
    await stage.lookalike.close();
    const early = await join("early", "free followers early");
    await lounge.guard.says(/^kept unchecked "free followers early"$/);
    await stage.lookalike.open();
    const late = await join("late", "free followers late");
    assert.equal((await late.removed()).status, "307");
    assert.equal((await early.removed()).status, "307");
  });

  it("leaves alone who was made a member before Lookalike could judge", async () => {
    await stage.lookalike.close();
    await join("vip", "free followers vip");
    await lounge.guard.says(/^kept unchecked "free followers vip"$/);
    const stranger = await join("stranger", "free followers stranger");
    await lounge.guard.says(/^kept unchecked "free followers stranger"$/);
    await lounge.change({ jid: `vip@${OPEN_HOST}`, affiliation: "member" });
    await stage.lookalike.open();
    assert.equal((await stranger.removed()).status, "307");
    assert.ok(!lounge.guard.lines().some((line) => line.startsWith('kicked "free followers vip"')));
  });

  it("comes back after its connection broke, to whoever came meanwhile", async () => {
    await stage.network.close();
    const meanwhile = await join("meanwhile", "free followers meanwhile");
    await stage.network.open();
    assert.equal((await meanwhile.removed()).status, "307");
  });

  it("comes back after its connection went silent", async () => {
    stage.network.stall();
    const meanwhile = await join("unheard", "free followers unheard");
    assert.equal((await meanwhile.removed()).status, "307");
  });

  it("comes back after it was put out", async () => {
    await lounge.change({ nick: "guard", role: "none" });
    await lounge.guard.says(/^not in /);
    const meanwhile = await join("putter", "free followers, and no guard");
    assert.equal((await meanwhile.removed()).status, "307");
  });

  it("bans for good where it is told to", async () => {
    const club = await stage.guardRoom("club", { ACTION: "ban" });
    const spammer = await stage.account("banished");
    await spammer.enter(club.address, "free followers banished");
    assert.equal((await spammer.removed()).status, "301");
    await assert.rejects(spammer.enter(club.address, "An honest name"), /forbidden/);
  });

  it("kicks whom it can't check where it is told to, and bans nobody for that", async () => {
    const { key } = await stage.service.createKey({ name: "thrifty", quota: { limit: 1, period: "day" } });
    const vault = await stage.guardRoom("vault", { ACTION: "ban", ON_FAILURE: "remove", LOOKALIKE_KEY: key });
    const [first, second] = [await stage.account("first-guest"), await stage.account("second-guest")];
    await first.setVcardPhoto(await detailedPicture(7201, 160, 120));
    await first.enter(vault.address, "First");
    await vault.guard.says(/^kept "First"$/);
    await second.setVcardPhoto(await detailedPicture(7202, 160, 120));
    await second.enter(vault.address, "Second");
    const { status, reason } = await second.removed();
    assert.equal(status, "307");
    assert.match(reason ?? "", /come back later/);
    await vault.guard.says(/^Lookalike did not judge: .*quota/);
    assert.equal(await vault.guard.stop("SIGTERM"), 0);
  });

  it("comes back after the server was away", async () => {
    await stage.prosody.stop();
    await stage.prosody.start();
    const first = await join("first", "free followers first");
    assert.equal((await first.removed()).status, "307");
  });
});
