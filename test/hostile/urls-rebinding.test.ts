import assert from "node:assert/strict";
import { after, test } from "node:test";
import { AppError } from "../../src/errors.ts";
import { isPublicAddress } from "../../src/image/address-policy.ts";
import { resolveByDns } from "../../src/image/address-resolve.ts";
import { fetchImage } from "../../src/image/fetch-image.ts";
import { LOCAL_FETCH } from "../support/fetch-failure.ts";
import { httpAnswer, listenOnLoopback, recordingDial, startImageOrigin } from "../support/image-origin.ts";
import { type NameAnswer, type QuestionKind, startNameServer } from "../support/name-server.ts";

const TRIALS = 1000;
/** The public addresses behind which the tests' origin stands. */
const PUBLIC = ["93.184.216.34", "93.184.216.35"] as const;
const PUBLIC_IPV6 = "2606:4700:0:0:0:0:0:1111";
const INSIDE = ["127.0.0.1", "169.254.169.254", "10.0.0.5", "0.0.0.0"] as const;
const INSIDE_IPV6 = [
  "0:0:0:0:0:0:0:1",
  "0:0:0:0:0:ffff:7f00:1",
  "64:ff9b:0:0:0:0:7f00:1",
  "fd00:0:0:0:0:0:0:1",
] as const;

/** One way for a name to change its mind, by how often it was asked for this kind of address. */
type Rebinding = (asked: number, kind: QuestionKind, trial: number) => NameAnswer;

const NOTHING: NameAnswer = { addresses: [] };
const publicFirst = (asked: number, trial: number) =>
  asked === 0 ? PUBLIC[trial % PUBLIC.length] : INSIDE[trial % INSIDE.length];

const REBINDINGS: Readonly<Record<string, Rebinding>> = {
  "public, then inside": (asked, kind, trial) =>
    kind === "A" ? { addresses: [publicFirst(asked, trial) ?? PUBLIC[0]] } : NOTHING,
  "inside, then public": (asked, kind, trial) =>
    kind === "A" ? { addresses: [publicFirst(asked === 0 ? 1 : 0, trial) ?? PUBLIC[0]] } : NOTHING,
  "another at each question": (asked, kind, trial) =>
    kind === "A" ? { addresses: [publicFirst((asked + trial) % 2, trial) ?? PUBLIC[0]] } : NOTHING,
  "public and inside at once": (asked, kind, trial) =>
    kind === "A" ? { addresses: [PUBLIC[0], INSIDE[(asked + trial) % INSIDE.length] ?? INSIDE[0]] } : NOTHING,
  "public by IPv4, inside by IPv6": (asked, kind, trial) =>
    kind === "A"
      ? { addresses: [PUBLIC[0]] }
      : { addresses: asked === 0 ? [PUBLIC_IPV6] : [INSIDE_IPV6[trial % INSIDE_IPV6.length] ?? INSIDE_IPV6[0]] },
  "an alias of a public name, then of an inside one": (asked, kind, trial) =>
    kind === "A"
      ? {
          canonicalName: asked === 0 ? "cdn.test" : "metadata.google.internal",
          addresses: [publicFirst(asked, trial) ?? PUBLIC[0]],
        }
      : NOTHING,
};

/** What is asked of the origin: an answer at once, or after redirects to the same name, each of which looks it up anew. */
const PATHS = ["picture", "chain/1", "chain/2", "chain/3"];

const origin = await startImageOrigin((path, socket) => {
  const left = Number(/^\/chain\/(\d)/.exec(path)?.[1] ?? 0);
  if (left === 0) socket.end(httpAnswer(200, [], "picture"));
  else socket.end(httpAnswer(302, [`Location: http://rebind.test/chain/${left - 1}`]));
});
const tripwire = await listenOnLoopback((socket) => socket.end(httpAnswer(200, [], "inside secret")));
let answered: string[] = [];
let asked: Record<QuestionKind, number> = { A: 0, AAAA: 0 };
let answer: (kind: QuestionKind) => NameAnswer = () => NOTHING;
const nameServer = await startNameServer((_, kind) => {
  const reply = answer(kind);
  if (typeof reply === "object" && "addresses" in reply) answered.push(...reply.addresses);
  return reply;
});
after(async () => {
  nameServer.close();
  await origin.close();
  await tripwire.close();
});

test(`${TRIALS} fetches of a name that changes its addresses never connect to one that was not checked`, async () => {
  const outcomes = new Map<string, number>();
  const rebindings = Object.values(REBINDINGS);
  for (let trial = 0; trial < TRIALS; trial++) {
    const rebinding = rebindings[trial % rebindings.length] ?? (() => NOTHING);
    const path = PATHS[Math.floor(trial / rebindings.length) % PATHS.length];
    asked = { A: 0, AAAA: 0 };
    answered = [];
    answer = (kind) => rebinding(asked[kind]++, kind, trial);
    const { dial, dialled } = recordingDial((address) => (isPublicAddress(address) ? origin.port : tripwire.port));
    const outcome = await fetchImage(`http://rebind.test/${path}`, {
      ...LOCAL_FETCH,
      allowPrivateUrls: false,
      dial,
      resolve: (name, signal) => resolveByDns(name, signal, [nameServer.address]),
    }).then(
      ({ bytes }) => bytes.toString(),
      (error: unknown) => (error instanceof AppError ? error.code : String(error)),
    );
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    assert.ok(dialled.every(isPublicAddress), `trial ${trial} connected to ${dialled.join()}`);
    assert.ok(
      dialled.every((address) => answered.some((given) => sameAddress(given, address))),
      `trial ${trial} connected to ${dialled.join()}, but was told of ${answered.join()}`,
    );
    // One look-up for each hop: nothing is asked again between the check and the connection.
    const hops = outcome === "picture" ? dialled.length : dialled.length + 1;
    assert.equal(asked.A, hops, `trial ${trial}: ${asked.A} look-ups for ${hops} hops`);
  }
  assert.equal(tripwire.connections(), 0);
  assert.deepEqual([...outcomes.keys()].sort(), ["picture", "url_forbidden"]);
  for (const [outcome, count] of outcomes) assert.ok(count > TRIALS / 10, `only ${count} were ${outcome}`);
});

/** Names give IPv6 addresses in full, the resolver in short. */
function sameAddress(left: string, right: string): boolean {
  return new URL(`http://${bracketed(left)}/`).hostname === new URL(`http://${bracketed(right)}/`).hostname;
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
