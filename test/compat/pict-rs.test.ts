import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, mock } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { heldBodyBytes, makeBodyRoom } from "../../src/http/body-budget.ts";
import { MAX_HELD_BODY_BYTES } from "../../src/http/read-body-limits.ts";
import { listPicture } from "../support/list-pictures.ts";
import { detailedPicture } from "../support/pictures.ts";
import { readAnswers } from "../support/raw-exchange.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";
import { validateUpload } from "./clients/pict-rs-upload.ts";

const fixture = (name: string) => readFile(fileURLToPath(new URL(`../fixtures/model/${name}.png`, import.meta.url)));

let service: TestService;
let key: string;
before(async () => {
  service = await startService({ config: { freeCallsPerDay: 2, trustProxy: "1" } });
  ({ key } = await service.createKey({ name: "lemmy", scopes: ["check"] }));
});
after(() => service.close());

const endpoint = (query = "", path = "/pict-rs/validate") => `${service.url}${path}?key=${key}${query}`;

async function validate(url: string, mediaType: string, file: Buffer) {
  const { accepted, answer } = await validateUpload(url, mediaType, file);
  assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
  const body = JSON.parse(answer.body) as { message: string; lookalike?: Record<string, unknown> };
  assert.equal(typeof body.message, "string");
  return { accepted, status: answer.status, body };
}

describe("external validation of pict-rs", () => {
  it("accepts a harmless picture of each format that pict-rs keeps, and charges it once", async () => {
    const picture = sharp(await detailedPicture(641));
    const files = {
      "image/png": await picture.png().toBuffer(),
      "image/jpeg": await picture.jpeg().toBuffer(),
      "image/webp": await picture.webp().toBuffer(),
      "image/gif": await picture.gif().toBuffer(),
      "image/avif": await picture.resize(64).avif().toBuffer(),
      "image/apng": await picture.png({ compressionLevel: 1 }).toBuffer(),
    };
    const { key: limited } = await service.createKey({ name: "units", quota: { limit: 100, period: "day" } });
    const url = `${service.url}/pict-rs/validate?key=${limited}`;
    for (const [mediaType, file] of Object.entries({ ...files, "image/PNG; x=y": files["image/png"] })) {
      const { accepted, status, body } = await validate(url, mediaType, file);
      assert.deepEqual([accepted, status, body.message], [true, 200, "Image OK"], mediaType);
      assert.deepEqual(body.lookalike, { verdict: "allow", lists: [], reasons: [] }, mediaType);
    }
    const { remaining } = (await ask(service, "GET", "/v1/quota", { key: limited })).body;
    assert.equal(remaining, 100 - Object.keys(files).length);
  });

  it("rejects what the model is sure of, and leaves a review to the instance", async () => {
    const porn = await validate(endpoint(), "image/png", await fixture("Porn"));
    assert.deepEqual([porn.accepted, porn.status, porn.body.message], [false, 406, "Image blocked"]);
    const picture = await detailedPicture(642);
    await listPicture(service, { name: "pict-rs-review", action: "review" }, picture);
    assert.equal((await validate(endpoint(), "image/png", picture)).status, 200);
    assert.equal((await validate(endpoint("&on_review=accept"), "image/png", picture)).status, 200);
    const rejected = await validate(endpoint("&on_review=reject"), "image/png", picture);
    assert.deepEqual([rejected.status, rejected.body.message], [406, "Image needs a review"]);
    assert.equal(rejected.body.lookalike?.verdict, "review");
  });

  it("rejects what a list blocks, and accepts what one allows, on the very next upload", async () => {
    const picture = await detailedPicture(643);
    assert.equal((await validate(endpoint(), "image/png", picture)).accepted, true);
    await listPicture(service, { name: "pict-rs-banned" }, picture);
    const copy = await sharp(picture).resize(400).jpeg().toBuffer();
    for (const [mediaType, file] of [
      ["image/png", picture],
      ["image/jpeg", copy],
    ] as const) {
      const { status, body } = await validate(endpoint(), mediaType, file);
      assert.deepEqual([status, body.lookalike?.lists], [406, ["pict-rs-banned"]], mediaType);
    }
    const allowed = await fixture("Hentai");
    await listPicture(service, { name: "pict-rs-allowed", kind: "allow" }, allowed);
    assert.equal((await validate(endpoint(), "image/png", allowed)).accepted, true);
  });

  it("rejects video and formats that aren't read unless it is told to let them pass, whatever they hold", async () => {
    const video = randomBytes(100_000);
    const jxl = Buffer.concat([Buffer.from([0xff, 0x0a]), randomBytes(2000)]);
    for (const [mediaType, file] of [
      ["video/mp4", video],
      ["Video/webm; codecs=av1", video.subarray(0, 1000)],
      ["image/jxl", jxl],
    ] as const) {
      assert.deepEqual((await validate(endpoint(), mediaType, file)).status, 415, mediaType);
      const { status, body } = await validate(endpoint("&on_unsupported=accept"), mediaType, file);
      assert.equal(status, 200, mediaType);
      assert.match(body.message, /^Accepted unchecked: /);
    }
  });

  it("looks at the first frame of an animation, and rejects every animation where it is told to", async () => {
    const frames = await Promise.all(
      [652, 653, 654].map(
        async (seed) =>
          await sharp(await detailedPicture(seed))
            .resize(64, 64)
            .png()
            .toBuffer(),
      ),
    );
    const explicit = await sharp(await fixture("Porn"))
      .resize(256, 256)
      .png()
      .toBuffer();
    const animate = (pictures: readonly Buffer[]) => sharp([...pictures], { join: { animated: true } });
    const harmless = animate(frames);
    for (const [mediaType, file] of [
      ["image/gif", await harmless.gif().toBuffer()],
      ["image/webp", await harmless.webp().toBuffer()],
    ] as const) {
      assert.equal((await sharp(file).metadata()).pages, 3, mediaType);
      assert.equal((await validate(endpoint(), mediaType, file)).status, 200, mediaType);
      assert.equal((await validate(endpoint("&on_animation=accept"), mediaType, file)).status, 200, mediaType);
      for (let round = 0; round < 2; round++) {
        const { status, body } = await validate(endpoint("&on_animation=reject"), mediaType, file);
        assert.deepEqual([status, body.message], [406, "Animation not accepted"], mediaType);
      }
      const still = await sharp(file).png().toBuffer();
      assert.equal((await validate(endpoint("&on_animation=reject"), "image/png", still)).status, 200, mediaType);
    }
    const mirrored = await sharp(explicit).flop().png().toBuffer();
    const blocked = await validate(endpoint(), "image/webp", await animate([explicit, mirrored]).webp().toBuffer());
    assert.deepEqual([blocked.status, blocked.body.message], [406, "Image blocked"]);
    assert.equal((await validate(endpoint("&on_animation=perhaps"), "image/gif", explicit)).status, 400);
  });

  it("answers for a video once all of it was sent, since pict-rs takes a connection that breaks for a no", async () => {
    const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
    let received = 0;
    socket.on("data", (bytes) => {
      received += bytes.length;
    });
    const answered = readAnswers(socket, 1);
    const { pathname, search } = new URL(endpoint("&on_unsupported=accept"));
    socket.write(
      `POST ${pathname}${search} HTTP/1.1\r\nhost: x\r\ncontent-type: video/mp4\r\ntransfer-encoding: chunked\r\n\r\n`,
    );
    socket.write("3\r\nabc\r\n");
    for (let round = 0; round < 5; round++) await ask(service, "GET", "/v1/quota");
    assert.equal(received, 0);
    socket.write("0\r\n\r\n");
    const [answer] = await answered;
    assert.equal(answer?.status, 200);
    socket.destroy();
  });

  it("rejects what is no image, is cut off, empty or too large, whatever it is told of failures", async () => {
    const all = "&on_unsupported=accept&on_error=accept&on_review=accept";
    const picture = await detailedPicture(644);
    for (const [what, file, status] of [
      ["no image", Buffer.from("<html>no image</html>"), 422],
      ["cut off", picture.subarray(0, picture.length / 2), 422],
      ["empty", Buffer.alloc(0), 400],
      ["too large", Buffer.concat([picture, randomBytes(21 * 1024 * 1024)]), 413],
    ] as const) {
      assert.equal((await validate(endpoint(all), "image/png", file)).status, status, what);
    }
  });

  it("rejects a key that isn't valid, lacks the scope or is used up, and takes none at all for the free quota", async () => {
    const picture = await detailedPicture(645);
    const lists = await service.createKey({ name: "no-check", scopes: ["lists"] });
    const empty = await service.createKey({ name: "empty", quota: { limit: 0, period: "day" } });
    for (const [query, status] of [
      [`key=${key.slice(0, -1)}_&on_error=accept`, 401],
      [`key=${lists.key}&on_error=accept`, 403],
      [`key=${empty.key}`, 429],
      [`key=${empty.key}&on_error=reject`, 429],
      [`key=${empty.key}&on_error=accept`, 200],
      ["", 200],
      ["", 200],
      ["", 429],
    ] as const) {
      assert.equal(
        (await validate(`${service.url}/pict-rs/validate?${query}`, "image/png", picture)).status,
        status,
        query,
      );
    }
  });

  it("takes a key's id and secret from before the host, as reqwest sends them", async () => {
    const { id, secret } = await service.createKey({ name: "userinfo", scopes: ["check"] });
    const picture = await detailedPicture(646);
    const at = (password: string) => `${service.url.replace("://", `://${id}:${password}@`)}/pict-rs/validate`;
    assert.equal((await validate(at(secret), "image/png", picture)).status, 200);
    assert.equal((await validate(at("wrong"), "image/png", picture)).status, 401);
  });

  it("serves the paths of pictrs-safety, with the form that it takes as well", async () => {
    const picture = await detailedPicture(647);
    for (const path of ["/api/v1/scan", "/api/v1/scan/IPADDR", "/api/v1/scan/my-instance"]) {
      assert.equal((await validate(endpoint("", path), "image/png", picture)).status, 200, path);
    }
    const form = new FormData();
    form.append("file", new Blob([await fixture("Porn")], { type: "image/png" }), "upload.png");
    const response = await fetch(endpoint("", "/api/v1/scan/IPADDR"), { method: "POST", body: form });
    assert.deepEqual(
      [response.status, ((await response.json()) as { message: string }).message],
      [406, "Image blocked"],
    );
  });

  it("answers in JSON whatever else is asked of it", async () => {
    const picture = await detailedPicture(648);
    const odd = await validate(endpoint("&on_review=maybe&on_error=accept"), "image/png", picture);
    assert.deepEqual(odd.status, 400);
    assert.match(odd.body.message, /accept or reject for on_review/);
    for (const query of [
      "&on_reviews=reject",
      "&ON_REVIEW=reject",
      "&on_error=accept&on_error=reject",
      `&KEY=${key}`,
    ]) {
      const misspelt = await validate(endpoint(`&on_unsupported=accept${query}`), "image/png", picture);
      assert.equal(misspelt.status, 400, query);
      assert.ok(!misspelt.body.message.includes(key));
    }
    for (const [method, path, status] of [
      ["GET", "/pict-rs/validate", 405],
      ["POST", "/pict-rs/other", 404],
      ["POST", "/api/v1/scan/a/b", 404],
      ["GET", "/pict-rs", 404],
      ["GET", "/api/v1/pop", 404],
      ["POST", "/api/v1/pop", 404],
    ] as const) {
      const response = await fetch(service.url + path, { method });
      assert.equal(response.status, status, path);
      assert.deepEqual(Object.keys((await response.json()) as object), ["message"], path);
    }
  });

  it("works with curl in chunks", { skip: spawnSync("curl", ["--version"]).status !== 0 && "needs curl" }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "lookalike-pict-rs-"));
    try {
      const path = join(folder, "picture.png");
      await writeFile(path, await detailedPicture(649));
      const headers = ["-H", "Content-Type: image/png", "-H", "Transfer-Encoding: chunked"];
      const { stdout } = await promisify(execFile)("curl", ["-s", ...headers, "--data-binary", `@${path}`, endpoint()]);
      assert.equal((JSON.parse(stdout) as { message: string }).message, "Image OK");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("keeps keys of its URL out of the metrics", async () => {
    await validate(endpoint(), "image/png", await detailedPicture(650));
    const metrics = await (await service.request("/metrics")).text();
    assert.match(metrics, /route="\/pict-rs\/validate"/);
    assert.ok(!metrics.includes(key));
  });

  it("goes by on_error where the service is away or at its limit", async () => {
    const { databaseUrl } = service;
    const { workers } = service.context;
    const cut = await startService({ databaseUrl, workers });
    await cut.context.db.pool.end();
    const full = await startService({ databaseUrl, workers, config: { maxRequests: 0 } });
    const picture = await detailedPicture(651);
    try {
      for (const [away, path] of [
        [cut, "/pict-rs/validate"],
        [full, "/pict-rs/validate"],
        [full, "/api/v1/scan/IPADDR"],
      ] as const) {
        const url = `${away.url}${path}?key=${key}`;
        assert.deepEqual((await validate(url, "image/png", picture)).status, 503);
        assert.deepEqual((await validate(`${url}&on_error=accept`, "image/png", picture)).status, 200);
        assert.deepEqual((await validate(`${url}&on_error=perhaps`, "image/png", picture)).accepted, false);
      }
    } finally {
      await full.close();
      // Its database is closed already.
      await cut.close().catch(() => {});
    }
  });

  it("goes by on_error where an upload is given up on to make room for others", async () => {
    const port = Number(new URL(service.url).port);
    const now = performance.now.bind(performance);
    for (const [query, status] of [
      ["", 408],
      ["&on_error=accept", 200],
    ] as const) {
      const { pathname, search } = new URL(endpoint(query));
      const socket = connect(port, "127.0.0.1");
      const answered = readAnswers(socket, 1);
      const chunk = `POST ${pathname}${search} HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n`;
      const held = heldBodyBytes();
      socket.write(chunk);
      for (let look = 0; heldBodyBytes() === held && look < 500; look++) await ask(service, "GET", "/v1/quota");
      const clock = mock.method(performance, "now", () => now() + 10_001);
      makeBodyRoom(MAX_HELD_BODY_BYTES);
      clock.mock.restore();
      socket.write("0\r\n\r\n");
      assert.equal((await answered)[0]?.status, status, query);
      socket.destroy();
    }
  });

  it("can be switched off", async () => {
    const { databaseUrl } = service;
    const off = await startService({ databaseUrl, workers: service.context.workers, config: { compat: [] } });
    try {
      for (const path of ["/pict-rs/validate", "/api/v1/scan/IPADDR"]) {
        const response = await fetch(off.url + path, { method: "POST" });
        assert.equal(response.status, 404);
        assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
      }
    } finally {
      await off.close();
    }
  });
});
