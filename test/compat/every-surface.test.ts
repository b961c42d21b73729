import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { COMPAT_SURFACES } from "../../src/config.ts";
import { AppError } from "../../src/errors.ts";
import { createApp, vendorRefusalOf } from "../../src/http/app.ts";
import { hostileCorpus } from "../hostile/decoding/corpus.ts";
import { assertTellsNothing } from "../support/clean-error.ts";
import { type PictureOrigin, startPictureOrigin } from "../support/picture-origin.ts";
import { detailedPicture } from "../support/pictures.ts";
import { serveApp } from "../support/serve-app.ts";
import { startService, startWithoutDatabase, type TestService, withSettings } from "../support/service.ts";
import { type Caller, VENDOR_CALLS, type VendorCall } from "../support/vendor-calls.ts";

/** Files of the shared archive that every surface is sent; `npm run test:hostile` sends all of them to the native API. */
const CORPUS_FILES = 16;

let service: TestService;
let origin: PictureOrigin;
let caller: Caller;
before(async () => {
  // A worker that a file has stopped takes a while to replace.
  service = await startService({ config: { workerWaitMs: 30_000 } });
  let published = 0;
  origin = await startPictureOrigin();
  const { key } = await service.createKey({ name: "every surface", scopes: ["check"] });
  caller = {
    url: service.url,
    key,
    publish: (bytes) => origin.serve(`/${published++}.png`, bytes),
  };
});
after(async () => {
  await service.close();
  await origin.close();
});

async function ask(call: VendorCall, from: Caller, bytes: Buffer) {
  return await read(call, await call.send(from, bytes));
}

async function read(call: VendorCall, response: Response) {
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    assert.fail(`${call.surface}: expected JSON with ${response.status} but received ${text.slice(0, 200)}`);
  }
  const failed = call.isFailure(response.status, body);
  // Every vendor's success is 200, and none is the failure of another kind.
  assert.ok(failed || response.status === 200, `${call.surface}: ${response.status} ${text}`);
  if (failed) assertTellsNothing(response.headers, text);
  // Where the vendor's client would wait for as long, for hours perhaps, it is told not to ask again instead.
  if (response.status === 503 || (response.status === 429 && response.headers.get("x-should-retry") !== "false")) {
    assert.match(
      response.headers.get("retry-after") ?? "",
      /^[1-9]\d*$/,
      `${call.surface}: ${response.status} ${text}`,
    );
  }
  return { status: response.status, failed, text };
}

/** A key of its own with a quota, and what tells the units that were taken of it. */
async function newQuota(name: string, limit: number) {
  const { id, key } = await service.createKey({ name, scopes: ["check"], quota: { limit, period: "month" } });
  async function used(): Promise<number> {
    const answer = await service.request(`/v1/keys/${id}`);
    return ((await answer.json()) as { quota: { used: number } }).quota.used;
  }
  return { own: { ...caller, key }, used };
}

/** Whether the vendor's contract says that pages of other origins may read its answers: then there is a file about it. */
function isOpenToPages(surface: string): boolean {
  return existsSync(fileURLToPath(new URL(`../../src/compat/${surface}/cross-origin.ts`, import.meta.url)));
}

/** Vendors whose pages say that the free quota is used then. */
const IGNORES_WRONG_KEYS: readonly string[] = ["nsfw-categorize"];

/** Targets on both sides of the borders between the surfaces, and between them and the native API. */
const BORDERS = [
  ...["/api", "/api?x=1", "/api/", "/api/upload", "/api/hash/x", "/api.php", "/api.php?x", "/api.phpx", "/apix"],
  ...["/api/v1", "/api/v1/", "/api/v1/scan", "/api/v1/scan/1", "/api/v1/scan/1/2", "/api/v1/pop", "/api/v1/other"],
  ...["/1.0", "/1.0/", "/1.0/x", "//1.0", "//1.0/x", "///1.0/x", "/1.00", "/v2", "/v2?x", "/v2/x", "/v22"],
  ...["/v1", "/v1/usage", "/v1/usage/x", "/v1/usages", "/v1/content", "/v1/contents", "/v1/images", "/v1/feedback"],
  ...["/pict-rs", "/pict-rs/x", "/pict-rsx", "/v1/detect-images", "/v1/detect-images/", "/v1/detect-imagesx"],
  ...["/health", "/health?x", "/health/", "/healthy", "/", "/?x=1", "/?url=http://a/", "/?x=1&url=a", "/?curl=1"],
  ...["/pleroma", "/pleroma/x", "/pleromax", "/batch-classify", "/moderate", "/moderate/", "/moderate/x", "/moderatex"],
  ...["/v1/moderations", "/v1/moderations/", "/v1/moderations/x", "/v1/moderationsx", "/v1/models"],
  ...["/contentmoderator", "/contentmoderator/", "//contentmoderator/x", "/contentmoderatorx"],
  ...["/h", "/h/", "//h/hash", "/hash", "/m", "/m/x", "/c/banks", "//c/banks", "/cx", "/hma", "/hma/x", "/hmax"],
  ...["/status", "/status/", "/status/live", "/statusx", "/site-map", "/site-map/", "/ui", "/openapi", "/dev/banks"],
];

/** Bytes that no decoder takes, made here; the archive's are added where it is. */
async function hostileFiles(): Promise<{ name: string; bytes: Buffer }[]> {
  const good = await detailedPicture(7100);
  return [
    {
      name: "text",
      bytes: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>"),
    },
    { name: "half a picture", bytes: good.subarray(0, good.length >> 1) },
    { name: "a signature alone", bytes: good.subarray(0, 8) },
    { name: "zeros", bytes: Buffer.alloc(5_000) },
    { name: "one byte", bytes: Buffer.from([0xff]) },
    { name: "too many bytes", bytes: Buffer.concat([good, Buffer.alloc(21 * 2 ** 20)]) },
  ];
}

describe("every vendor's surface", () => {
  it("is in this test", () => {
    assert.deepEqual(VENDOR_CALLS.map(({ surface }) => surface).sort(), [...COMPAT_SURFACES].sort());
  });

  it("answers hostile bytes in the vendor's shape, and a good picture afterwards", async (t) => {
    const corpus = hostileCorpus();
    if (corpus === null) t.diagnostic(`${CORPUS_FILES} files of the shared archive skipped: it is absent`);
    const every = Math.max(1, Math.floor((corpus?.length ?? 0) / CORPUS_FILES));
    const sample = (corpus ?? []).filter((_, number) => number % every === every >> 1);
    const unreadable = await hostileFiles();
    for (const call of VENDOR_CALLS) {
      const { own, used } = await newQuota(call.surface, 100);
      for (const { name, bytes } of unreadable) {
        const { failed, text } = await ask(call, own, bytes);
        assert.ok(failed, `${call.surface} takes ${name}: ${text}`);
      }
      assert.equal(await used(), 0, `${call.surface} charges failures`);
      // Some of these can be read after all.
      for (const { bytes } of sample) await ask(call, caller, bytes);
      const { failed, text } = await ask(call, caller, await detailedPicture(7101));
      assert.equal(failed, false, `${call.surface} after hostile bytes: ${text}`);
    }
  });

  it("answers a quota that is used up in the vendor's shape, and charges nothing beyond it", async () => {
    for (const [number, call] of VENDOR_CALLS.entries()) {
      const { own, used } = await newQuota(call.surface, 1);
      const first = await ask(call, own, await detailedPicture(7200 + 2 * number));
      assert.equal(first.failed, false, `${call.surface}: ${first.text}`);
      const second = await ask(call, own, await detailedPicture(7201 + 2 * number));
      assert.ok(second.failed, `${call.surface}: ${second.text}`);
      assert.equal(await used(), 1, call.surface);
    }
  });

  it("charges a picture once, however often it is sent at once or again, but where the vendor's price is another", async () => {
    for (const [number, call] of VENDOR_CALLS.entries()) {
      const { own, used } = await newQuota(call.surface, 100);
      const picture = await detailedPicture(7300 + number);
      const answers = await Promise.all(Array.from({ length: 4 }, () => ask(call, own, picture)));
      answers.push(await ask(call, own, picture));
      assert.deepEqual(
        answers.filter(({ failed }) => failed).map(({ text }) => text),
        [],
        call.surface,
      );
      assert.equal(await used(), call.chargesRepeats === true ? answers.length : 1, call.surface);
    }
  });

  it("gives what a quota has left to as many of the calls that come at once, and to no more", async () => {
    for (const [number, call] of VENDOR_CALLS.entries()) {
      const { own, used } = await newQuota(call.surface, 3);
      const pictures = [0, 1, 2, 3, 4, 5].map((index) => detailedPicture(7400 + 6 * number + index, 64, 64));
      const answers = await Promise.all((await Promise.all(pictures)).map((picture) => ask(call, own, picture)));
      assert.equal(answers.filter(({ failed }) => !failed).length, 3, call.surface);
      assert.equal(await used(), 3, call.surface);
    }
  });

  it("fetches nothing from inside the network, and tells no inside address from another", async () => {
    const { databaseUrl } = service;
    const config = { allowPrivateUrls: false };
    const strict = await startService({ databaseUrl, workers: service.context.workers, config });
    const { port } = new URL(origin.url);
    const asked = origin.asked.length;
    try {
      for (const call of VENDOR_CALLS) {
        if (call.sendUrl === undefined) continue;
        const { own, used } = await newQuota(call.surface, 100);
        const texts = new Set<string>();
        for (const host of ["127.0.0.1", "[::1]", "0x7f.1", "localhost", "169.254.169.254", "[::ffff:10.0.0.1]"]) {
          const url = `http://${host}:${port}/a.png`;
          const { failed, text } = await read(call, await call.sendUrl({ ...own, url: strict.url }, url));
          assert.ok(failed, `${call.surface} of ${url}: ${text}`);
          texts.add(text.replace(/"(id|TrackingId)":"req_\w+"|"timestamp":[\d.]+/g, "").replaceAll(host, ""));
        }
        assert.equal(texts.size, 1, `${call.surface}: ${[...texts].join("\n")}`);
        assert.equal(await used(), 0, call.surface);
      }
      assert.equal(origin.asked.length, asked);
    } finally {
      await strict.close();
    }
  });

  it("gives every answer an id, and lets pages of other origins read where the vendor's contract does", async () => {
    for (const [number, call] of VENDOR_CALLS.entries()) {
      for (const bytes of [await detailedPicture(7500 + number, 64, 64), Buffer.from("no picture")]) {
        const { headers } = await call.send(caller, bytes);
        assert.match(headers.get("x-request-id") ?? "", /^req_[0-9a-f]{32}$/, call.surface);
        assert.equal(headers.get("x-content-type-options"), "nosniff", call.surface);
        const isOpen = headers.get("access-control-allow-origin") !== null;
        assert.equal(isOpen, isOpenToPages(call.surface), call.surface);
      }
      const preflight = {
        method: "OPTIONS",
        headers: { origin: "https://a.example", "access-control-request-method": "POST" },
      };
      const { headers } = await fetch(caller.url + call.path, preflight);
      assert.equal(headers.get("access-control-allow-origin") !== null, isOpenToPages(call.surface), call.surface);
    }
  });

  it("has the same borders at the front door as where its routes are", async () => {
    const refuse = vendorRefusalOf(service.context);
    const error = new AppError("overloaded", "Expected fewer requests");
    for (const target of BORDERS) {
      const response = await fetch(caller.url + target);
      await response.arrayBuffer();
      const isNative = response.headers.get("content-type") === "application/problem+json";
      assert.equal(refuse(target, error) === null, isNative, `${target} ${response.status}`);
    }
  });

  it("answers a key that isn't valid in the vendor's shape, but where the vendor takes it for none", async () => {
    for (const call of VENDOR_CALLS) {
      const { failed, text } = await ask(call, { ...caller, key: `${caller.key}x` }, await detailedPicture(7101));
      assert.equal(failed, !IGNORES_WRONG_KEYS.includes(call.surface), `${call.surface}: ${text}`);
    }
  });

  it("answers in the vendor's shape that the database is away", async (t) => {
    const cut = await startWithoutDatabase(service);
    t.after(() => cut.close());
    for (const call of VENDOR_CALLS) {
      const { failed, text } = await ask(call, { ...caller, url: cut.url }, await detailedPicture(7101));
      assert.ok(failed, `${call.surface}: ${text}`);
    }
  });

  it("answers what is refused at the front door in the vendor's shape, and the native API's own paths not at all", () => {
    const refuse = vendorRefusalOf(service.context);
    const busy = new AppError("overloaded", "Expected fewer requests at one time than there are now");
    for (const call of VENDOR_CALLS) {
      const refused = refuse(`${call.path}?url=http://example.com/a.png`, busy);
      const shown = JSON.stringify(refused);
      assert.ok(refused !== null && call.isFailure(refused.status, refused.body), `${call.surface}: ${shown}`);
    }
    for (const path of ["/v1/images/check", "/v1/lists", "/v1/hashes/check", "/v1/quota", "/docs", "/healthz"]) {
      assert.equal(refuse(path, busy), null, path);
    }
  });

  it("is served alone as among the others", async () => {
    for (const call of VENDOR_CALLS) {
      const config = { ...service.context.config, compat: [call.surface] };
      const alone = await serveApp(createApp({ ...service.context, config }));
      try {
        for (const each of VENDOR_CALLS) {
          const response = await each.send({ ...caller, url: alone.url }, await detailedPicture(7101, 64, 64));
          const what = `${each.surface} where ${call.surface} is served: ${response.status} ${await response.text()}`;
          if (each === call) assert.equal(response.status, 200, what);
          else assert.equal(response.headers.get("content-type"), "application/problem+json", what);
        }
      } finally {
        await alone.close();
      }
    }
  });

  it("is gone where COMPAT does not name it", async () => {
    await withSettings(service, { compat: [] }, async (bare) => {
      for (const call of VENDOR_CALLS) {
        const response = await call.send({ ...caller, url: bare.url }, await detailedPicture(7101));
        assert.equal(response.status, 404, call.surface);
        assert.equal(response.headers.get("content-type"), "application/problem+json", call.surface);
        await response.arrayBuffer();
      }
    });
  });
});
