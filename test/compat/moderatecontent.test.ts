import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fixture } from "../support/fixtures.ts";
import { listPicture } from "../support/list-pictures.ts";
import { type PictureOrigin, startPictureOrigin } from "../support/picture-origin.ts";
import { detailedPicture } from "../support/pictures.ts";
import { selfSignedCertificate } from "../support/self-signed.ts";
import { startService, type TestService } from "../support/service.ts";
import { ratePicture } from "./clients/rating-host.ts";

const HOST = "api.moderatecontent.com";
const client = (name: string) => fileURLToPath(new URL(`clients/${name}`, import.meta.url));

let service: TestService;
let pictures: PictureOrigin;
let key: string;
before(async () => {
  service = await startService({ config: { freeCallsPerDay: 3 } });
  pictures = await startPictureOrigin();
  ({ key } = await service.createKey({ name: "moderation", scopes: ["check"] }));
});
after(async () => {
  await pictures.close();
  await service.close();
});

interface Answer {
  readonly rating_index?: number;
  readonly rating_label?: string;
  readonly predictions?: Readonly<Record<string, number>>;
  readonly error?: string;
  readonly error_code: number;
  readonly url_classified?: string;
  readonly lookalike?: object;
}

/** Sends to `/moderate/` unless a path is given; every answer has HTTP 200. */
async function moderate(query: string, init: RequestInit = {}, path = "/moderate/", from = service): Promise<Answer> {
  const response = await fetch(`${from.url}${path}${query}`, init);
  assert.equal(response.status, 200);
  return (await response.json()) as Answer;
}

describe("the vendor's npm package, unmodified, over TLS", () => {
  let folder: string;
  let certificate: string;
  let tlsPort: number;
  let front: ReturnType<typeof createServer>;
  before(async () => {
    const { key: privateKey, cert } = selfSignedCertificate(HOST);
    const port = Number(new URL(service.url).port);
    front = createServer({ key: privateKey, cert }, (socket) => {
      const inner = connect(port, "127.0.0.1");
      socket.pipe(inner).pipe(socket);
      for (const each of [socket, inner]) each.on("error", () => {});
    });
    front.listen(0, "127.0.0.1");
    await once(front, "listening");
    tlsPort = (front.address() as AddressInfo).port;
    folder = await mkdtemp(join(tmpdir(), "lookalike-moderation-"));
    certificate = join(folder, "cert.pem");
    await writeFile(certificate, cert);
  });
  after(async () => {
    front.close();
    await rm(folder, { recursive: true });
  });

  async function evaluate(url: string, apiKey = key): Promise<{ answer: Answer; isAdult: boolean }> {
    const args = ["--require", client("moderatecontent-preload.cjs"), client("moderatecontent.cjs"), url, apiKey];
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate, TLS_PORT: String(tlsPort) };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return JSON.parse(stdout) as { answer: Answer; isAdult: boolean };
  }

  it("rates a picture by its URL, as the package's README shows it", async () => {
    const url = pictures.serve("/porn.png?size=1&v=2", await fixture("Porn"));
    const { answer, isAdult } = await evaluate(url);
    assert.equal(isAdult, true);
    const { predictions = {}, ...rest } = answer;
    assert.deepEqual(rest, {
      url_classified: url,
      rating_index: 3,
      rating_letter: "a",
      rating_label: "adult",
      error_code: 0,
      frame: 1,
    });
    assert.deepEqual(Object.keys(predictions), ["teen", "everyone", "adult"]);
    const percents = Object.values(predictions);
    assert.ok(Math.abs(percents.reduce((sum, each) => sum + each, 0) - 100) < 0.1);
    assert.ok((predictions.adult ?? 0) > 50);
    const neutral = await evaluate(pictures.serve("/neutral.png", await fixture("Neutral")));
    assert.deepEqual([neutral.isAdult, neutral.answer.rating_index], [false, 1]);
  });

  it("says what the package's own tests expect of a URL that leads nowhere, and of none", async () => {
    const { answer } = await evaluate(`${pictures.url}/image_does_not_exist.jpg`);
    assert.equal(answer.error, "Url not accessible or malformed image");
    assert.equal((await evaluate("")).answer.error, "The url you have (GET|POST) is malformed");
    const refused = await evaluate(pictures.serve("/any.png", await fixture("Neutral")), "wrong");
    assert.deepEqual(refused, { answer: { error: "The API key is not valid", error_code: 1004 }, isAdult: false });
  });
});

describe("ModerateContent", () => {
  it("tells its three ratings apart by the real model", async () => {
    for (const [name, index, label] of [
      ["Porn", 3, "adult"],
      ["Hentai", 3, "adult"],
      ["Sexy", 2, "teen"],
      ["Neutral", 1, "everyone"],
      ["Drawing", 1, "everyone"],
    ] as const) {
      const url = pictures.serve(`/${name}.png`, await fixture(name));
      const { rating_index, rating_label } = await moderate(`?key=${key}&url=${url}`);
      assert.deepEqual([rating_index, rating_label], [index, label], name);
    }
  });

  it("takes the key and the URL in either order, escaped or not, with or without a slash, and as a form or a file", async () => {
    const picture = await fixture("Sexy");
    const url = pictures.serve("/s.png?a=1&b=2", picture);
    const escaped = encodeURIComponent(url);
    const file = (name: string) => {
      const form = new FormData();
      form.append("key", key);
      form.append(name, new Blob([picture], { type: "image/webp" }), "image.webp");
      return { method: "POST", body: form };
    };
    for (const [query, init, path, asked] of [
      [`?key=${key}&url=${url}`, {}, "/moderate/", url],
      [`?key=${key}&url=${url}`, {}, "/moderate", url],
      [`?url=${url}&key=${key}`, {}, "/moderate/", url],
      [`?key=${key}&url=${escaped}`, {}, "/moderate/", url],
      [`?key=${key}&url=${url}`, {}, "/api/v2", url],
      [`?key=${key}&url=${escaped}`, {}, "/api/v2/", url],
      [`?url=${escaped}&key=${key}`, {}, "/moderate", url],
      [`?key=${key}?url=${url}`, {}, "/moderate/", url],
      [`?key=${key}&?url=${url}`, {}, "/moderate/", url],
      ["", { method: "POST", body: new URLSearchParams({ key, url }) }, "/moderate/", url],
      [`?key=${key}`, { method: "POST", body: new URLSearchParams({ url }) }, "/moderate", url],
      ["", file("file"), "/moderate/", "image.webp"],
      ["", file("image"), "/moderate/", "image.webp"],
    ] as const) {
      const { rating_index, url_classified } = await moderate(query, init, path);
      assert.deepEqual([rating_index, url_classified], [2, asked], `${path}${query}`);
    }
  });

  it("rates what a list blocks as adult and what one allows as everyone, on the very next request", async () => {
    const banned = await detailedPicture(705);
    const url = pictures.serve("/banned.png", banned);
    assert.notEqual((await moderate(`?key=${key}&url=${url}`)).rating_index, 3);
    await listPicture(service, { name: "moderation-banned" }, banned);
    const { rating_index, predictions, lookalike } = await moderate(`?key=${key}&url=${url}`);
    assert.deepEqual([rating_index, predictions], [3, { teen: 0, everyone: 0, adult: 100 }]);
    assert.deepEqual(lookalike, { verdict: "block", lists: ["moderation-banned"] });
    const allowed = await fixture("Hentai");
    await listPicture(service, { name: "moderation-allowed", kind: "allow" }, allowed);
    assert.equal((await moderate(`?key=${key}&url=${pictures.serve("/allowed.png", allowed)}`)).rating_index, 1);
  });

  it("answers failures by an error and a code that isn't 0", async () => {
    const { key: empty } = await service.createKey({ name: "empty", quota: { limit: 0, period: "day" } });
    const { key: lists } = await service.createKey({ name: "no-check", scopes: ["lists"] });
    const url = pictures.serve("/new.png", await detailedPicture(702));
    const text = pictures.serve("/text.png", Buffer.from("no image"));
    const cut = pictures.serve("/cut.png", (await detailedPicture(703)).subarray(0, 3000));
    const large = pictures.serve("/large.png", randomBytes(21 * 2 ** 20));
    const post = (body: NonNullable<RequestInit["body"]>, headers = {}) => ({ method: "POST", body, headers });
    const noKey = new URLSearchParams({ key: "wrong", url });
    for (const [query, init, code] of [
      [`?key=${key}`, {}, 1001],
      [`?key=${key}&url=nonsense`, {}, 1001],
      [`?key=${key}&url=${text}`, {}, 1002],
      [`?key=${key}&url=${cut}`, {}, 1002],
      [`?key=${key}&url=${large}`, {}, 1003],
      [`?key=wrong&url=${url}`, {}, 1004],
      [`?url=${url}&key=wrong`, {}, 1004],
      [`?key=${lists}&url=${url}`, {}, 1004],
      ["", post(noKey), 1004],
      [`?key=${empty}&url=${url}`, {}, 1006],
      [`?key=${key}`, post(Buffer.from("{"), { "content-type": "application/json" }), 1009],
      [`?key=${key}`, post(Buffer.alloc(0), { "content-type": "image/png" }), 1002],
      [`/other?key=${key}`, {}, 1008],
      ["", { method: "DELETE" }, 1008],
      ["/../../api/v2", { method: "DELETE" }, 1008],
    ] as const) {
      const answer = await moderate(query, init);
      assert.deepEqual([answer.error_code, Object.keys(answer)], [code, ["error", "error_code"]], query);
    }
  });
});

describe("an image host with a RATINGAPI", () => {
  it("rates without a key within the free quota, and then not at all", async () => {
    const url = pictures.serve("/file/bot123:token/photos/file_1.png", await fixture("Porn"));
    const ratings: number[] = [];
    for (let call = 0; call < 4; call++) ratings.push(await ratePicture(`${service.url}/moderate`, url));
    assert.deepEqual(ratings, [3, 3, 3, -1]);
  });

  it("rates with the key in the setting, to which it appends its own question mark", async () => {
    const url = pictures.serve("/file/abc.png?x=1&y=2", await fixture("Sexy"));
    for (const setting of [`${service.url}/moderate?key=${key}`, `${service.url}/moderate/?key=${key}&`]) {
      assert.equal(await ratePicture(setting, url), 2, setting);
      assert.equal(await ratePicture(setting, encodeURIComponent(url)), 2, setting);
    }
    assert.equal(await ratePicture(`${service.url}/moderate?key=wrong`, url), -1);
  });

  it("gets no rating where the service is at its limit, may not fetch the picture or has the surface switched off", async () => {
    const { databaseUrl } = service;
    const { workers } = service.context;
    const full = await startService({ databaseUrl, workers, config: { maxRequests: 0 } });
    const strict = await startService({ databaseUrl, workers, config: { allowPrivateUrls: false } });
    const off = await startService({ databaseUrl, workers, config: { compat: [] } });
    try {
      const busy = { error: "The service is busy, try again later", error_code: 1007 };
      for (const path of ["/moderate/", "/moderate", "/api/v2", "/api/v2/"]) {
        assert.deepEqual(await moderate("?url=http://127.0.0.1/", {}, path, full), busy);
      }
      assert.equal(await ratePicture(`${full.url}/moderate`, `${pictures.url}/x.png`), -1);
      assert.equal(
        (await moderate(`?key=${key}&url=${pictures.url}/x.png`, {}, "/moderate/", strict)).error_code,
        1002,
      );
      for (const path of ["/moderate", "/moderate/", "/api/v2"]) {
        const response = await fetch(`${off.url}${path}?url=http://127.0.0.1/`);
        assert.equal(response.status, 404);
        assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
      }
      assert.equal(await ratePicture(`${off.url}/moderate`, `${pictures.url}/x.png`), -1);
    } finally {
      await full.close();
      await strict.close();
      await off.close();
    }
  });
});
