import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { AppError } from "../../src/errors.ts";
import { createFetchShares } from "../../src/services/fetch-shares.ts";
import { assertCleanError } from "../support/clean-error.ts";
import { httpAnswer, type ImageOrigin, startImageOrigin } from "../support/image-origin.ts";
import { detailedPicture } from "../support/pictures.ts";
import { startService, type TestService } from "../support/service.ts";

const MEBIBYTE = 2 ** 20;
/** Of which one caller may have 2. */
const AT_ONCE = 8;

/** Requests that wait for an answer of the origin. */
let held: Socket[] = [];
let arrived = () => {};
let origin: ImageOrigin;
let service: TestService;
const picture = await detailedPicture(1);

before(async () => {
  origin = await startImageOrigin((path, socket) => {
    if (path === "/picture") return socket.end(httpAnswer(200, [], picture));
    held.push(socket);
    arrived();
  });
  service = await startService({ config: { fetchesAtOnce: AT_ONCE } });
});
after(async () => {
  await service.close();
  await origin.close();
});
beforeEach(() => {
  held = [];
});

async function makeCaller(quota?: object): Promise<string> {
  const { key } = await service.createKey({ name: "a caller of its own", scopes: ["check"], ...quota });
  return key;
}

interface Checked {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

async function checkUrl(key: string, path: string): Promise<Checked> {
  const response = await service.request("/v1/images/check", {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ url: `http://127.0.0.1:${origin.port}${path}` }),
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** Starts checks of URLs that are not answered yet. */
function holdFetches(key: string, count: number): Promise<Checked>[] {
  return Array.from({ length: count }, () => checkUrl(key, "/held"));
}

/** Waits until so many of them have reached the origin. */
async function untilHeld(count: number): Promise<void> {
  if (held.length >= count) return;
  await new Promise<void>((resolve) => {
    arrived = () => {
      if (held.length >= count) resolve();
    };
  });
}

function assertOverloaded(checked: Checked): void {
  assertCleanError(checked, checked.body);
  assert.equal(checked.status, 503);
  assert.equal(JSON.parse(checked.body).code, "overloaded");
  const retryAfterSeconds = Number(checked.headers.get("retry-after"));
  assert.ok(retryAfterSeconds >= 2 && retryAfterSeconds <= 10, `Retry-After is ${retryAfterSeconds} s`);
}

test("a caller's URLs beyond a quarter of all fetches are refused at once, another caller's are not", async () => {
  const [one, other] = [await makeCaller(), await makeCaller()];
  const checks = holdFetches(one, 2);
  await untilHeld(2);
  assertOverloaded(await checkUrl(one, "/picture"));
  assert.equal((await checkUrl(other, "/picture")).status, 200);
  for (const socket of held) socket.end(httpAnswer(404, []));
  for (const checked of await Promise.all(checks)) assert.equal(checked.status, 422);
  assert.equal((await checkUrl(one, "/picture")).status, 200);
});

test("URLs beyond all fetches are refused at once whoever sends them, and uploads and look-ups go on", async () => {
  const callers = await Promise.all(Array.from({ length: AT_ONCE / 2 }, () => makeCaller()));
  const checks = callers.flatMap((key) => holdFetches(key, 2));
  await untilHeld(AT_ONCE);
  const late = await makeCaller();
  assertOverloaded(await checkUrl(late, "/picture"));
  const headers = { authorization: `Bearer ${late}`, "content-type": "image/png" };
  const upload = await service.request("/v1/images/check", { method: "POST", headers, body: picture });
  assert.equal(upload.status, 200, await upload.text());
  const lookUp = await service.request(`/v1/hashes/sha1/${"0".repeat(40)}`, { headers });
  assert.equal(lookUp.status, 200, await lookUp.text());
  for (const socket of held) socket.destroy();
  await Promise.all(checks);
  assert.equal((await checkUrl(late, "/picture")).status, 200);
});

test("a fetch that fails in any way gives its place back", async () => {
  const caller = await makeCaller();
  for (const end of [
    (socket: Socket) => socket.destroy(),
    (socket: Socket) => socket.end(httpAnswer(302, ["Location: ftp://photos.test/"])),
    (socket: Socket) => socket.end(httpAnswer(200, ["Content-Encoding: br"], "no brotli")),
    (socket: Socket) => socket.end(httpAnswer(200, [])),
    (socket: Socket) => socket.end(httpAnswer(200, [], "no picture")),
  ]) {
    const checks = holdFetches(caller, 2);
    await untilHeld(2);
    for (const socket of held.splice(0)) end(socket);
    for (const checked of await Promise.all(checks)) {
      assertCleanError(checked, checked.body);
      assert.ok(checked.status < 500, checked.body);
    }
  }
  assert.equal((await checkUrl(caller, "/picture")).status, 200);
});

test("a caller without units left has no more than its share of fetches either", async () => {
  const caller = await makeCaller({ quota: { limit: 1, period: "month" } });
  const spend = await service.request("/v1/images/check", {
    method: "POST",
    headers: { authorization: `Bearer ${caller}`, "content-type": "image/png" },
    body: await detailedPicture(2),
  });
  assert.equal(spend.status, 200, await spend.text());
  const checks = holdFetches(caller, 2);
  await untilHeld(2);
  assertOverloaded(await checkUrl(caller, "/held"));
  assert.equal(held.length, 2);
  for (const socket of held) socket.end(httpAnswer(404, []));
  await Promise.all(checks);
});

test("the bytes of fetched images are bounded, a caller's to 128 MiB and all to 256, until they are dropped", () => {
  const shares = createFetchShares(1000);
  const parts = ["one", "other"].map((caller) => Array.from({ length: 8 }, () => shares.begin(caller)));
  for (const part of parts.flat()) part.addBytes(16 * MEBIBYTE);
  for (const caller of ["one", "other", "third"]) assert.throws(() => shares.begin(caller).addBytes(1), isOverloaded);
  for (const part of parts[0] ?? []) part.endFetch();
  assert.throws(() => shares.begin("third").addBytes(1), isOverloaded, "the bytes of a fetch that has ended count on");
  parts[0]?.[0]?.dropBytes();
  parts[0]?.[0]?.dropBytes();
  const third = shares.begin("third");
  third.addBytes(16 * MEBIBYTE);
  assert.throws(() => third.addBytes(1), isOverloaded);
});

test("every caller may have at least one fetch", () => {
  const shares = createFetchShares(1);
  const part = shares.begin("one");
  assert.throws(() => shares.begin("one"), isOverloaded);
  part.endFetch();
  part.endFetch();
  shares.begin("other");
  assert.throws(() => shares.begin("one"), isOverloaded);
});

function isOverloaded(error: unknown): boolean {
  return error instanceof AppError && error.code === "overloaded" && error.facts.retryAfterSeconds !== undefined;
}
