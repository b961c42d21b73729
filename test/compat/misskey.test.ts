import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { listPicture } from "../support/list-pictures.ts";
import { detailedPicture } from "../support/pictures.ts";
import { exchange } from "../support/raw-exchange.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";
import { detectSensitive, prepare } from "./clients/misskey-detector.ts";

const CLASSES = ["Drawing", "Hentai", "Neutral", "Porn", "Sexy"];
const PATH = "/v1/detect-images";
const MEBIBYTE = 2 ** 20;

/** A fixture as Misskey sends it. */
async function scaled(name: string): Promise<Buffer> {
  return await prepare(await readFile(fileURLToPath(new URL(`../fixtures/model/${name}.png`, import.meta.url))));
}

let service: TestService;
let key: string;
before(async () => {
  service = await startService({ config: { freeCallsPerDay: 2 } });
  ({ key } = await service.createKey({ name: "misskey", scopes: ["check"] }));
});
after(() => service.close());

interface Part {
  readonly type?: string;
  readonly bytes: Buffer;
}

/** A form with one file per part, names and types as given; a part without a type is a text field. */
function formOf(parts: readonly Part[]): FormData {
  const form = new FormData();
  for (const [place, { type, bytes }] of parts.entries()) {
    if (type === undefined) form.append(`text${place}`, bytes.toString());
    else form.append("anything", new Blob([bytes], { type }), `${place}`);
  }
  return form;
}

async function post(body: FormData | Buffer, headers: Record<string, string> = {}, from = service) {
  const authorization = headers.authorization ?? `Bearer ${key}`;
  const response = await fetch(from.url + PATH, { method: "POST", headers: { ...headers, authorization }, body });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
}

interface Answer {
  readonly success: boolean;
  readonly error?: { readonly code: string; readonly message: string };
  readonly result?: { readonly results: readonly { readonly success: boolean; readonly error?: { code: string } }[] };
}

/** Status and code of a request that failed as a whole, after its form was looked at. */
function failure({ status, body }: { status: number; body: Answer }): [number, string | undefined] {
  assert.deepEqual(Object.keys(body), ["success", "error"]);
  assert.equal(body.success, false);
  assert.deepEqual(Object.keys(body.error ?? {}), ["code", "message"]);
  return [status, body.error?.code];
}

describe("Misskey's detector", () => {
  it("gives every picture's classes in the order of the pictures, the most probable first, over several requests", async () => {
    const names = ["Porn", "Neutral", "Hentai", "Drawing", "Sexy"];
    const images = await Promise.all(names.map(scaled));
    const results = await detectSensitive({ url: service.url, key }, images);
    assert.deepEqual(
      results.map((predictions) => predictions?.[0]?.className),
      names,
    );
    for (const predictions of results) {
      assert.deepEqual(predictions?.map(({ className }) => className).sort(), CLASSES);
      const probabilities = predictions?.map(({ probability }) => probability) ?? [];
      assert.deepEqual(
        probabilities,
        probabilities.toSorted((a, b) => b - a),
      );
      assert.ok(Math.abs(probabilities.reduce((sum, each) => sum + each, 0) - 1) < 1e-3);
      // Stricter readers of the answer than Misskey's own take nothing outside.
      assert.ok(probabilities.every((each) => each >= 0 && each <= 1));
    }
  });

  it("takes a base URL with a slash at its end, and charges each new picture", async () => {
    const { key: limited } = await service.createKey({ name: "units", quota: { limit: 10, period: "day" } });
    const images = [await detailedPicture(661, 299, 299), await detailedPicture(662, 299, 299)];
    for (let round = 0; round < 2; round++) {
      const results = await detectSensitive({ url: `${service.url}/`, key: limited }, images);
      assert.ok(results.every((predictions) => predictions?.length === CLASSES.length));
    }
    assert.equal((await ask(service, "GET", "/v1/quota", { key: limited })).body.remaining, 8);
  });

  it("says Porn for certain where a list blocks, and Neutral where one allows, on the very next request", async () => {
    const banned = await detailedPicture(663, 299, 299);
    const allowed = await scaled("Porn");
    const settings = { url: service.url, key };
    const [before] = await detectSensitive(settings, [banned]);
    assert.notEqual(before?.[0]?.probability, 1);
    await listPicture(service, { name: "misskey-banned" }, banned);
    await listPicture(service, { name: "misskey-allowed", kind: "allow" }, allowed);
    const results = await detectSensitive(settings, [allowed, banned]);
    for (const [place, certain] of ["Neutral", "Porn"].entries()) {
      assert.deepEqual(results[place]?.[0], { className: certain, probability: 1 });
      assert.deepEqual(
        results[place]?.slice(1).map(({ probability }) => probability),
        [0, 0, 0, 0],
      );
    }
  });

  it("finds a banned picture by the middle square that Misskey sends, which a ban of the whole of a wide one misses", async () => {
    const wide = await detailedPicture(673, 768, 512);
    const sent = await prepare(wide);
    const settings = { url: service.url, key };
    const first = async () => (await detectSensitive(settings, [sent]))[0]?.[0];
    await listPicture(service, { name: "misskey-wide" }, wide);
    assert.notDeepEqual(await first(), { className: "Porn", probability: 1 });
    const square = await sharp(wide).resize(512, 512).jpeg().toBuffer();
    await listPicture(service, { name: "misskey-square" }, square);
    assert.deepEqual(await first(), { className: "Porn", probability: 1 });
  });

  it("fails a part by itself, in its place, and answers the others", async () => {
    const png = await detailedPicture(664, 299, 299);
    const parts: [Part, string | null][] = [
      [{ type: "image/png", bytes: png }, null],
      [{ bytes: Buffer.from("text") }, "INVALID_REQUEST"],
      [{ type: "image/png", bytes: Buffer.alloc(0) }, "INVALID_REQUEST"],
      [{ type: "text/plain", bytes: png }, "UNSUPPORTED_MEDIA_TYPE"],
      [{ type: "image/webp", bytes: png }, "UNSUPPORTED_MEDIA_TYPE"],
      [{ type: "image/png", bytes: randomBytes(MEBIBYTE + 1) }, "REQUEST_TOO_LARGE"],
      [{ type: "image/png", bytes: Buffer.from("no image") }, "IMAGE_DECODE_FAILED"],
      [{ type: "image/png", bytes: png.subarray(0, 2000) }, "IMAGE_DECODE_FAILED"],
      [{ type: "image/jpeg", bytes: await sharp(png).jpeg().toBuffer() }, null],
      [{ type: "image/gif", bytes: await sharp(png).gif().toBuffer() }, null],
    ];
    const { status, body } = await post(formOf(parts.map(([part]) => part)));
    assert.deepEqual([status, body.success], [200, true]);
    const codes = body.result?.results.map(({ success, error }) => (success ? null : error?.code));
    assert.deepEqual(
      codes,
      parts.map(([, code]) => code),
    );
  });

  it("tells what is wrong with the whole request in the order 401, 413, 415, 400, 413", async () => {
    const png = { type: "image/png", bytes: await detailedPicture(665, 64, 64) };
    const tooLarge = Buffer.alloc(12 * MEBIBYTE + 1);
    const wrong = { authorization: "Bearer wrong" };
    const multipart = { "content-type": "multipart/form-data; boundary=x" };
    for (const [what, body, headers, expected] of [
      ["wrong key, too large", tooLarge, { ...wrong, "content-type": "image/png" }, [401, "AUTHENTICATION_REQUIRED"]],
      ["wrong key, no parts", new FormData(), wrong, [401, "AUTHENTICATION_REQUIRED"]],
      ["too large, no form", tooLarge, { "content-type": "image/png" }, [413, "REQUEST_TOO_LARGE"]],
      ["too large, no parts", tooLarge, multipart, [413, "REQUEST_TOO_LARGE"]],
      ["no form", png.bytes, { "content-type": "image/png" }, [415, "UNSUPPORTED_MEDIA_TYPE"]],
      ["nearly a form", png.bytes, { "content-type": "multipart/form-dataxxx" }, [415, "UNSUPPORTED_MEDIA_TYPE"]],
      ["no boundary", png.bytes, { "content-type": "multipart/form-data" }, [400, "INVALID_REQUEST"]],
      ["no parts", new FormData(), {}, [400, "INVALID_REQUEST"]],
      [
        "cut off",
        Buffer.from('--x\r\nContent-Disposition: form-data; name="image0"\r\n\r\nab'),
        multipart,
        [400, "INVALID_REQUEST"],
      ],
      ["eleven parts", formOf(Array.from({ length: 11 }, () => png)), {}, [413, "REQUEST_TOO_LARGE"]],
    ] as const) {
      assert.deepEqual(failure(await post(body, headers)), expected, what);
    }
    assert.equal((await post(formOf(Array.from({ length: 10 }, () => png)))).body.result?.results.length, 10);
  });

  it("counts a body in chunks as well", async () => {
    const head = `POST ${PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n`;
    const chunk = Buffer.concat([Buffer.from(`${(13 * MEBIBYTE).toString(16)}\r\n`), Buffer.alloc(13 * MEBIBYTE)]);
    const port = Number(new URL(service.url).port);
    const [answer] = await exchange(port, Buffer.concat([Buffer.from(head), chunk, Buffer.from("\r\n0\r\n\r\n")]));
    assert.equal(answer?.status, 413);
  });

  it("keeps what a quota still pays for, and fails the request by 429 where it pays for nothing", async () => {
    const { key: limited } = await service.createKey({ name: "little", quota: { limit: 1, period: "day" } });
    const parts = [666, 667].map(async (seed) => ({ type: "image/png", bytes: await detailedPicture(seed, 299, 299) }));
    const form = formOf(await Promise.all(parts));
    const authorization = `Bearer ${limited}`;
    const { status, body } = await post(form, { authorization });
    assert.equal(status, 200);
    assert.deepEqual(
      body.result?.results.map(({ success, error }) => error?.code ?? success),
      [true, "DETECTION_FAILED"],
    );
    const other = formOf([{ type: "image/png", bytes: await detailedPicture(668, 299, 299) }]);
    assert.deepEqual(failure(await post(other, { authorization })), [429, "DETECTION_FAILED"]);
    assert.deepEqual(await detectSensitive({ url: service.url, key: limited }, [await detailedPicture(669, 99, 99)]), [
      null,
    ]);
  });

  it("has the free quota for instances without a key, and refuses a key without the scope", async () => {
    const images = [await detailedPicture(670, 299, 299), await detailedPicture(671, 299, 299)];
    const first = await detectSensitive({ url: service.url, maxImagesPerRequest: 1 }, [...images, ...images]);
    assert.deepEqual(
      first.map((predictions) => predictions !== null),
      [true, true, false, false],
    );
    const { key: lists } = await service.createKey({ name: "no-check", scopes: ["lists"] });
    const form = formOf([{ type: "image/png", bytes: images[0] ?? Buffer.alloc(0) }]);
    assert.deepEqual(failure(await post(form, { authorization: `Bearer ${lists}` })), [401, "AUTHENTICATION_REQUIRED"]);
  });

  it("gives a client's request id back, on failures too, and makes one where none can be taken", async () => {
    const form = () => formOf([{ type: "image/png", bytes: Buffer.from("x") }]);
    for (const [id, authorization] of [
      ["misskey-abc.123_DEF", `Bearer ${key}`],
      ["a".repeat(128), "Bearer wrong"],
    ] as const) {
      assert.equal((await post(form(), { "x-request-id": id, authorization })).headers.get("x-request-id"), id);
    }
    for (const id of ["bad id with spaces!", "a".repeat(129), key]) {
      const echoed = (await post(form(), { "x-request-id": id })).headers.get("x-request-id");
      assert.match(echoed ?? "", /^req_[0-9a-f]{32}$/);
    }
  });

  it("tells its health to anybody, and answers other routes by 400", async () => {
    const health = await fetch(`${service.url}/health`);
    assert.deepEqual([health.status, await health.json()], [200, { status: "ok" }]);
    for (const [method, path] of [
      ["GET", PATH],
      ["PUT", PATH],
      ["POST", `${PATH}/other`],
    ] as const) {
      const response = await fetch(service.url + path, { method, headers: { authorization: `Bearer ${key}` } });
      assert.deepEqual(
        [response.status, failure({ status: 400, body: (await response.json()) as Answer })[1]],
        [400, "INVALID_REQUEST"],
      );
    }
  });

  it("answers in its own words where the service is away or at its limit", async () => {
    const { databaseUrl } = service;
    const { workers } = service.context;
    const cut = await startService({ databaseUrl, workers });
    await cut.context.db.pool.end();
    const full = await startService({ databaseUrl, workers, config: { maxRequests: 0 } });
    try {
      for (const [away, reason] of [
        [cut, "database_unavailable"],
        [full, "inference_saturated"],
      ] as const) {
        const form = formOf([{ type: "image/png", bytes: await detailedPicture(672, 64, 64) }]);
        assert.deepEqual(failure(await post(form, {}, away)), [503, "MODEL_UNAVAILABLE"]);
        const health = await fetch(`${away.url}/health`);
        assert.deepEqual([health.status, await health.json()], [503, { status: "unavailable", reason }]);
      }
    } finally {
      await full.close();
      // Its database is closed already.
      await cut.close().catch(() => {});
    }
  });

  it("can be switched off", async () => {
    const { databaseUrl } = service;
    const off = await startService({ databaseUrl, workers: service.context.workers, config: { compat: [] } });
    try {
      for (const [method, path] of [
        ["POST", PATH],
        ["GET", "/health"],
      ] as const) {
        const response = await fetch(off.url + path, { method });
        assert.equal(response.status, 404);
        assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
      }
    } finally {
      await off.close();
    }
  });
});
