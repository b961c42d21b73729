import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { COMPAT_SURFACES } from "../../src/config.ts";
import { AppError } from "../../src/errors.ts";
import { vendorRefusalOf } from "../../src/http/app.ts";
import { hostileCorpus } from "../hostile/decoding/corpus.ts";
import { assertTellsNothing } from "../support/clean-error.ts";
import { httpAnswer, type ImageOrigin, startImageOrigin } from "../support/image-origin.ts";
import { detailedPicture } from "../support/pictures.ts";
import { startService, type TestService } from "../support/service.ts";
import { type Caller, VENDOR_CALLS, type VendorCall } from "../support/vendor-calls.ts";

/** Files of the shared archive that every surface is sent; `npm run test:hostile` sends all of them to the native API. */
const CORPUS_FILES = 16;

let service: TestService;
let origin: ImageOrigin;
let caller: Caller;
before(async () => {
  // A worker that a file has stopped takes a while to replace.
  service = await startService({ config: { workerWaitMs: 30_000 } });
  const published = new Map<string, Buffer>();
  origin = await startImageOrigin((path, socket) => {
    socket.end(httpAnswer(200, ["Content-Type: image/png", "Connection: close"], published.get(path) ?? ""));
  });
  const { key } = await service.createKey({ name: "every surface", scopes: ["check"] });
  caller = {
    url: service.url,
    key,
    publish(bytes) {
      const path = `/${published.size}.png`;
      published.set(path, bytes);
      return `http://127.0.0.1:${origin.port}${path}`;
    },
  };
});
after(async () => {
  await service.close();
  await origin.close();
});

async function ask(call: VendorCall, from: Caller, bytes: Buffer) {
  const response = await call.send(from, bytes);
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
  return { status: response.status, failed, text };
}

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
      for (const { name, bytes } of unreadable) {
        const { failed, text } = await ask(call, caller, bytes);
        assert.ok(failed, `${call.surface} takes ${name}: ${text}`);
      }
      // Some of these can be read after all.
      for (const { bytes } of sample) await ask(call, caller, bytes);
      const { failed, text } = await ask(call, caller, await detailedPicture(7101));
      assert.equal(failed, false, `${call.surface} after hostile bytes: ${text}`);
    }
  });

  it("answers a quota that is used up in the vendor's shape, and charges nothing beyond it", async () => {
    for (const [number, call] of VENDOR_CALLS.entries()) {
      const quota = { limit: 1, period: "month" };
      const { id, key } = await service.createKey({ name: call.surface, scopes: ["check"], quota });
      const own = { ...caller, key };
      const first = await ask(call, own, await detailedPicture(7200 + 2 * number));
      assert.equal(first.failed, false, `${call.surface}: ${first.text}`);
      const second = await ask(call, own, await detailedPicture(7201 + 2 * number));
      assert.ok(second.failed, `${call.surface}: ${second.text}`);
      const answer = await service.request(`/v1/keys/${id}`);
      const { quota: left } = (await answer.json()) as { quota: { used: number } };
      assert.equal(left.used, 1, call.surface);
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

  it("is gone where COMPAT does not name it", async () => {
    const { databaseUrl } = service;
    const bare = await startService({ databaseUrl, workers: service.context.workers, config: { compat: [] } });
    try {
      for (const call of VENDOR_CALLS) {
        const response = await call.send({ ...caller, url: bare.url }, await detailedPicture(7101));
        assert.equal(response.status, 404, call.surface);
        assert.equal(response.headers.get("content-type"), "application/problem+json", call.surface);
        await response.arrayBuffer();
      }
    } finally {
      await bare.close();
    }
  });
});
