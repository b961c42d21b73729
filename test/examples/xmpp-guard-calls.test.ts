import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, it } from "node:test";
import { checkProfiles, type Judgement, type Profile } from "../../examples/xmpp-guard/lookalike.js";
import type { Occupant } from "../../examples/xmpp-guard/room.js";
import { startScreening } from "../../examples/xmpp-guard/screening.js";
import { readSettings } from "../../examples/xmpp-guard/settings.js";

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

/** Settings of a guard whose Lookalike answers its calls so, one after another. */
async function settingsFor(...answers: ((response: ServerResponse) => void)[]) {
  let calls = 0;
  const server = createServer((request, response) => {
    request.resume().once("end", () => answers[calls++]?.(response));
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const settings = readSettings({
    XMPP_SERVICE: "xmpp://127.0.0.1",
    XMPP_DOMAIN: "localhost",
    XMPP_USERNAME: "guard",
    XMPP_PASSWORD: "secret",
    ROOM: "lounge@rooms.localhost",
    LOOKALIKE_URL: `http://127.0.0.1:${port}`,
    LOOKALIKE_KEY: "lk_key",
  });
  return { settings, calls: () => calls };
}

const later = (status: number, seconds: number) => (response: ServerResponse) =>
  void response.writeHead(status, { "retry-after": String(seconds) }).end("{}");
const judged = (response: ServerResponse) =>
  void response.end(JSON.stringify({ profiles: [{ id: "1", action: "keep", reasons: [], error: null }] }));

describe("a guard's call to Lookalike", () => {
  it("comes again as soon as it is told to, and no sooner", async () => {
    const { settings, calls } = await settingsFor(later(503, 1), judged);
    const beganMs = performance.now();
    const judgements = await checkProfiles(settings, [{ id: "1", name: "Mary" }]);
    assert.equal(judgements.get("1")?.action, "keep");
    assert.ok(performance.now() - beganMs >= 990, "before it was told to");
    assert.equal(calls(), 2);
  });

  it("leaves it where the quota comes back much later", async () => {
    const { settings, calls } = await settingsFor(later(429, 3600), judged);
    await assert.rejects(checkProfiles(settings, [{ id: "1", name: "Mary" }]), /429/);
    assert.equal(calls(), 1);
  });
});

/** A screening of as many occupants at once, until all are settled; `describe` and `judge` as far as a test says. */
async function screen(
  number: number,
  work: Partial<Pick<Parameters<typeof startScreening>[0], "describe" | "judge">>,
): Promise<{ readonly settled: Map<Occupant, number>; readonly failures: number }> {
  const settled = new Map<Occupant, number>();
  let failures = 0;
  let ids = 0;
  await new Promise<void>((resolve) => {
    const look = startScreening(
      {
        describe: async ({ nick }) => ({ profiles: [{ id: String(++ids), name: nick }], unseen: [], complete: true }),
        judge: async (profiles) => keepAll(profiles),
        settle(occupant) {
          settled.set(occupant, (settled.get(occupant) ?? 0) + 1);
          if (settled.size === number) resolve();
          return true;
        },
        fail: () => void failures++,
        ...work,
      },
      1,
    );
    for (let index = 0; index < number; index++) look(occupant(`Guest ${index}`));
  });
  return { settled, failures };
}

function occupant(nick: string): Occupant {
  const nobody = { jid: undefined, avatarHash: undefined, removal: undefined };
  return { nick, affiliation: "none", role: "participant", present: true, ...nobody };
}

function keepAll(profiles: readonly Profile[]): Map<string, Judgement> {
  return new Map(profiles.map(({ id }) => [id, { id, action: "keep", reasons: [], error: null }]));
}

describe("a guard's screening", () => {
  it("shows a raid of three hundred to Lookalike in few calls, none of more than a hundred profiles", async () => {
    const calls: number[] = [];
    const { settled } = await screen(300, {
      async judge(profiles) {
        calls.push(profiles.length);
        await new Promise(setImmediate);
        return keepAll(profiles);
      },
    });
    assert.ok([...settled.values()].every((times) => times === 1));
    assert.equal(
      calls.reduce((sum, each) => sum + each, 0),
      300,
    );
    assert.ok(calls.length <= 30 && Math.max(...calls) <= 100, `calls of ${calls.join(", ")} profiles`);
  });

  it("comes back to everybody until Lookalike has judged them, however long it is away", async () => {
    let away = 25;
    const { failures } = await screen(3, {
      async judge(profiles) {
        if (away-- > 0) throw new Error("away");
        return keepAll(profiles);
      },
    });
    assert.ok(failures > 10, `${failures} failures`);
  });

  it("asks again at most ten times for a picture that does not come", async () => {
    let asked = 0;
    let resolveAll = () => {};
    const done = new Promise<void>((resolve) => {
      resolveAll = resolve;
    });
    const look = startScreening(
      {
        async describe({ nick }) {
          asked++;
          return { profiles: [{ id: `${nick} ${asked}`, name: nick }], unseen: [], complete: nick !== "Mute" };
        },
        judge: async (profiles) => keepAll(profiles),
        settle({ nick }) {
          if (nick === "Mute" && asked === 11) setTimeout(() => look(last), 20);
          if (nick === "Last") resolveAll();
          return true;
        },
        fail() {},
      },
      1,
    );
    const last = occupant("Last");
    look(occupant("Mute"));
    await done;
    assert.equal(asked, 12);
  });

  it("lets pictures go that there is no room for in 64 MiB, and fetches them anew", async () => {
    const image = "A".repeat(10 * 1024 * 1024);
    let described = 0;
    const { settled } = await screen(30, {
      async describe({ nick }) {
        return { profiles: [{ id: String(++described), name: nick, image }], unseen: [], complete: true };
      },
    });
    assert.ok([...settled.values()].every((times) => times === 1));
    assert.ok(described > 30, `${described} times`);
  });
});
