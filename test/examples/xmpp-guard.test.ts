import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { missingProgram } from "../support/debian-program.ts";
import { detailedPicture, shrunkCopy } from "../support/pictures.ts";
import { OPEN_HOST, PLAIN_HOST, PROSODY } from "../support/prosody.ts";
import { sha1, type XmppAccount } from "../support/xmpp-account.ts";
import { addEntry, addList, type GuardedRoom, setXmppStage, type XmppStage } from "../support/xmpp-stage.ts";

const picture = (label: string) => readFile(new URL(`../fixtures/model/${label}.png`, import.meta.url));
const banned = await detailedPicture(7100);
const porn = await shrunkCopy(await picture("Porn"), 1, 90);
const neutral = await shrunkCopy(await picture("Neutral"), 1, 90);
const KICKED = "307";

let stage: XmppStage;
let lounge: GuardedRoom;

interface Looks {
  readonly host?: string;
  readonly vcard?: Buffer;
  readonly avatar?: Buffer | string;
}

async function join(username: string, nick: string, looks: Looks = {}): Promise<XmppAccount> {
  const account = await stage.account(username, looks.host);
  if (looks.vcard !== undefined) await account.setVcardPhoto(looks.vcard);
  if (looks.avatar !== undefined) await account.publishAvatar(looks.avatar);
  await account.enter(lounge.address, nick);
  return account;
}

const kept = (nick: string) => lounge.guard.says(new RegExp(`^kept "${nick}"$`));

describe("the guard of an XMPP room", { skip: missingProgram(PROSODY), timeout: 120_000 }, () => {
  before(async () => {
    stage = await setXmppStage(async (service) => {
      await addList(service, { name: "spam-names", kind: "names" });
      await addEntry(service, "spam-names", { pattern: "*free followers*", syntax: "wildcard" });
      await addEntry(service, "spam-names", { pattern: "promo-bot-*", syntax: "wildcard" });
      await addList(service, { name: "banned" });
      await addEntry(service, "banned", banned);
    });
    lounge = await stage.guardRoom("lounge");
  });
  after(() => stage.close());

  it("leaves people alone who have a fine name and a fine picture, or none", async () => {
    await Promise.all([join("alice", "Alice", { vcard: neutral }), join("bob", "Bob")]);
    await Promise.all([kept("Alice"), kept("Bob")]);
  });

  it("removes a name that only looks like a banned one, and says why", async () => {
    const spammer = await join("anna", "𝐅𝐫еe fοllowers ☆");
    const { status, reason } = await spammer.removed();
    assert.equal(status, KICKED);
    assert.match(reason ?? "", /spam-names/);
  });

  it("removes an account with a banned name, whatever its nick", async () => {
    const spammer = await join("promo-bot-17", "Dora");
    assert.equal((await spammer.removed()).status, KICKED);
  });

  it("removes a fine name with an unsafe picture, in the vCard or in the user avatar", async () => {
    const all = await Promise.all([
      join("carl", "Carl", { vcard: porn }),
      join("dan", "Dan", { vcard: porn, host: PLAIN_HOST }),
      join("eve", "Eve", { vcard: neutral, avatar: porn, host: PLAIN_HOST }),
    ]);
    for (const one of all) assert.equal((await one.removed()).status, KICKED);
  });

  it("removes a smaller, re-encoded copy of a banned picture", async () => {
    const copier = await join("finn", "Finn", { vcard: await shrunkCopy(banned, 0.4, 70) });
    const { status, reason } = await copier.removed();
    assert.equal(status, KICKED);
    assert.match(reason ?? "", /banned/);
  });

  it("removes who takes a banned name later", async () => {
    const turncoat = await join("gina", "Gina");
    await kept("Gina");
    await turncoat.enter(lounge.address, "FREE F0LLOWERS");
    assert.equal((await turncoat.removed()).status, KICKED);
  });

  it("removes who shows an unsafe picture later", async () => {
    const turncoat = await join("hal", "Hal", { vcard: neutral });
    await kept("Hal");
    await turncoat.setVcardPhoto(porn);
    await turncoat.enter(lounge.address, "Hal", sha1(porn));
    assert.equal((await turncoat.removed()).status, KICKED);
  });

  it("trusts members, and looks at them once they are none any more", async () => {
    await lounge.change({ jid: `ivy@${OPEN_HOST}`, affiliation: "member" });
    const member = await join("ivy", "free followers by Ivy");
    // Whoever comes after her is judged while she stays unjudged.
    await join("jo", "Jo");
    await kept("Jo");
    assert.ok(!lounge.guard.lines().some((line) => line.includes("Ivy")));
    await lounge.change({ jid: `ivy@${OPEN_HOST}`, affiliation: "none" });
    assert.equal((await member.removed()).status, KICKED);
  });

  it("looks at all of a flood and removes those that have to go", async () => {
    const looks = [
      { nick: "Guest", vcard: neutral, goes: false },
      { nick: "Free  Followers", goes: true },
      { nick: "Visitor", vcard: await shrunkCopy(banned, 0.3, 60), goes: true },
      { nick: "Passer-by", goes: false },
    ];
    const flood = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const { nick, goes, ...shown } = looks[index % looks.length] ?? looks[0]!;
        const account = await stage.account(`flood${index}`);
        if (shown.vcard !== undefined) await account.setVcardPhoto(shown.vcard);
        return { account, nick: `${nick} ${index}`, goes };
      }),
    );
    await Promise.all(flood.map(({ account, nick }) => account.enter(lounge.address, nick)));
    for (const { account, nick, goes } of flood) {
      if (goes) assert.equal((await account.removed()).status, KICKED, nick);
      else await kept(nick);
    }
    const left = flood.filter(({ goes }) => !goes).map(({ nick }) => nick);
    const told = lounge.guard.lines();
    for (const nick of left) assert.ok(!told.some((line) => line.startsWith(`kicked "${nick}"`)), nick);
  });

  it("leaves the room on SIGINT", async () => {
    assert.equal(await lounge.guard.stop("SIGINT"), 0);
    await stage.owner.seesLeave(`${lounge.address}/guard`);
  });
});
