import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { missingProgram } from "../support/debian-program.ts";
import { httpAnswer, type ImageOrigin, startImageOrigin } from "../support/image-origin.ts";
import { chunkedBody, type FormPart, multipartBody } from "../support/multipart.ts";
import { exchange } from "../support/raw-exchange.ts";
import { check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

const run = promisify(execFile);
const PHP = "/usr/bin/php";
const PYTHON = "/usr/bin/python3";
const BOUNDARY = "a1ccc30f63a2c7d45e654fbeb99f5b74597cf148";
const FILE = fileURLToPath(new URL("../fixtures/model/Porn.png", import.meta.url));
const program = (name: string) => fileURLToPath(new URL(`clients/${name}`, import.meta.url));

let service: TestService;
let port: number;
let origin: ImageOrigin;
let imageUrl: string;
let picture: Buffer;
let key: { id: string; secret: string; key: string };
before(async () => {
  service = await startService();
  port = Number(new URL(service.url).port);
  picture = await readFile(FILE);
  origin = await startImageOrigin((path, socket) => {
    socket.end(path === "/porn.png?a=1&b=2" ? httpAnswer(200, [], picture) : httpAnswer(404, []));
  });
  imageUrl = `http://127.0.0.1:${origin.port}/porn.png?a=1&b=2`;
  key = await service.createKey({ name: "wire", scopes: ["check"] });
});
after(async () => {
  await origin.close();
  await service.close();
});

// biome-ignore lint/suspicious/noExplicitAny: tests read answers by the paths that they assert.
type Json = any;

interface Sent {
  readonly method?: string;
  readonly target: string;
  readonly headers?: readonly string[];
  readonly body?: Buffer;
  readonly chunked?: boolean;
}

/** Sends a request of exactly these lines and bytes over a socket of its own. */
async function send({ method = "POST", target, headers = [], body, chunked }: Sent): Promise<Json> {
  const length = body === undefined ? [] : [chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`];
  const head = [`${method} ${target} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...headers, ...length, "", ""].join("\r\n");
  const bytes = body === undefined ? Buffer.alloc(0) : chunked ? chunkedBody(body, 777) : body;
  const [answer] = await exchange(port, Buffer.concat([Buffer.from(head), bytes]));
  return { http: answer?.status, ...JSON.parse(answer?.body ?? "null") };
}

const form = `Content-Type: multipart/form-data; boundary=${BOUNDARY}`;
const urlEncoded = "Content-Type: application/x-www-form-urlencoded";
const post = (parts: readonly FormPart[], rest: Partial<Sent> = {}) =>
  send({ target: "/1.0/check.json", headers: [form], body: multipartBody(BOUNDARY, parts), ...rest });
const keys = (): FormPart[] => [
  { name: "api_user", body: key.id },
  { name: "api_secret", body: key.secret },
];
const keyQuery = () => `api_user=${key.id}&api_secret=${key.secret}`;

/** The picture arrived byte for byte: changed bytes would be no PNG, or another image. */
function assertChecked(answer: Json, uri: string): void {
  assert.deepEqual([answer.http, answer.status, answer.media?.uri], [200, "success", uri], JSON.stringify(answer));
  assert.ok(answer.nudity.raw > 0.9, JSON.stringify(answer.nudity));
}

/** How often the very bytes of the picture were checked, this time included. */
async function timesSeen(): Promise<number> {
  return (await check(service, picture)).body.seen.times;
}

describe("requests of Sightengine's PHP client", () => {
  it("are answered as Guzzle writes them: keys and models in the query, media alone in the form", async () => {
    const query = `${keyQuery()}&models=nudity%2Ctype`;
    const headers = ["User-Agent: GuzzleHttp/7", form];
    const length = `Content-Length: ${picture.length}`;
    const target = `/1.0/check.json?${query}`;
    const before = await timesSeen();
    const file: FormPart = {
      name: "media",
      filename: "Porn.png",
      headers: [length, "Content-Type: image/png"],
      body: picture,
    };
    assertChecked(await post([file], { target, headers }), "Porn.png");
    const string: FormPart = { name: "media", headers: [length], body: picture };
    assertChecked(await post([string], { target, headers }), "media");
    const url = `${target}&url=${encodeURIComponent(imageUrl)}`;
    assertChecked(await send({ method: "GET", target: url, headers: ["User-Agent: GuzzleHttp/7"] }), imageUrl);
    assert.equal(await timesSeen(), before + 4, "the bytes came as they were");
  });

  it("are answered as the Guzzle of this machine sends them, failures with a status it throws on", {
    skip: missingProgram(PHP) || missingProgram("/usr/share/php/GuzzleHttp/autoload.php"),
  }, async () => {
    const args = [`${service.url}/`, key.id, key.secret, "nudity,type", FILE, imageUrl];
    const { stdout } = await run(PHP, [program("sightengine-guzzle.php"), ...args]);
    const [byUrl, byFile, byString, video, wrong] = JSON.parse(stdout).map(([http, body]: Json) => ({ http, ...body }));
    assertChecked(byUrl, imageUrl);
    assertChecked(byFile, "Porn.png");
    assertChecked(byString, "media");
    assert.deepEqual([video.http, video.error.type], [404, "request_error"]);
    assert.deepEqual([wrong.http, wrong.error.code], [401, 1]);
  });
});

describe("requests of Sightengine's Python client", () => {
  it("are answered as requests writes them: fields first, media called media without a content type", async () => {
    const headers = ["User-Agent: SE-SDK-Python 1.4.0", "Accept-Encoding: gzip, deflate", "Accept: */*", form];
    const fields = [{ name: "models", body: "nudity,type" }, ...keys()];
    const bytes: FormPart = { name: "media", filename: "media", body: picture };
    assertChecked(await post([...fields, bytes], { headers }), "media");
    const legacy: Partial<Sent> = { target: "/1.0/nudity.json", headers };
    assertChecked(await post([...keys(), bytes], legacy), "media");
  });

  it("are answered as the requests of this machine sends them, a single model's old path too", {
    skip: missingProgram(PYTHON) || missingProgram("/usr/lib/python3/dist-packages/requests/__init__.py"),
  }, async () => {
    const args = [`${service.url}/`, key.id, key.secret, "nudity,type", FILE, imageUrl];
    const { stdout } = await run(PYTHON, [program("sightengine-requests.py"), ...args]);
    const [byUrl, byFile, byBytes, oldBytes, oldUrl, video, wrong] = JSON.parse(stdout);
    assertChecked({ http: 200, ...byUrl }, imageUrl);
    assertChecked({ http: 200, ...byFile }, "Porn.png");
    for (const answer of [byBytes, oldBytes]) assertChecked({ http: 200, ...answer }, "media");
    assertChecked({ http: 200, ...oldUrl }, imageUrl);
    assert.deepEqual([oldUrl.type, oldUrl.request.operations], [undefined, 1], "the path's model alone");
    assert.equal(video.error.message, "Video moderation is not supported by this service");
    assert.deepEqual([wrong.status, wrong.error.code], ["failure", 1]);
  });
});

describe("Sightengine's check.json takes media and parameters in any mix and order", () => {
  const models: FormPart = { name: "models", body: "nudity" };
  const file = (): FormPart => ({
    name: "media",
    filename: "a.png",
    headers: ["Content-Type: image/png"],
    body: picture,
  });

  it("media first, last, without a filename, without a content type, in chunks, at //1.0", async () => {
    const bare: FormPart = { name: "media", body: picture };
    const octets: FormPart = { ...bare, headers: ["Content-Type: application/octet-stream"] };
    const text: FormPart = { ...bare, headers: ["Content-Type: text/plain; charset=utf-8"] };
    const before = await timesSeen();
    assertChecked(await post([file(), models, ...keys()]), "a.png");
    assertChecked(await post([...keys(), models, file()]), "a.png");
    assertChecked(await post([...keys(), file(), models]), "a.png");
    for (const part of [bare, octets, text]) {
      assertChecked(await post([part, ...keys(), models]), "media");
      assertChecked(await post([...keys(), models, part], { chunked: true }), "media");
    }
    assertChecked(await post([...keys(), models, file()], { target: "//1.0/check.json", chunked: true }), "a.png");
    assert.equal(await timesSeen(), before + 11, "the bytes came as they were");
  });

  it("base64 in a multipart form, in lines and as a data URL, and in a URL-encoded form, escaped or not", async () => {
    const base64 = picture.toString("base64");
    assert.match(base64, /\+/, "with a character that a form has to escape");
    const lines = base64.replace(/.{76}/g, "$&\r\n");
    const before = await timesSeen();
    const named = { name: "media", filename: "image.png", headers: ["Content-Type: image/png"] };
    assertChecked(await post([...keys(), models, { ...named, body: base64 }]), "image.png");
    assertChecked(await post([...keys(), models, { name: "media", body: lines }]), "media");
    assertChecked(await post([...keys(), models, { name: "media", body: `data:image/png;base64,${base64}` }]), "media");
    const fields = `models=nudity&${keyQuery()}`;
    for (const text of [encodeURIComponent(base64), base64, encodeURIComponent(lines)]) {
      const body = Buffer.from(`media=${text}&${fields}`);
      assertChecked(await send({ target: "/1.0/check.json", headers: [urlEncoded], body }), "media");
    }
    assert.equal(await timesSeen(), before + 7, "the bytes came as they were");
  });

  it("a url in the query, a URL-encoded form and a multipart form", async () => {
    const url = `url=${encodeURIComponent(imageUrl)}`;
    const target = "/1.0/check.json";
    assertChecked(await send({ method: "GET", target: `${target}?${url}&models=nudity&${keyQuery()}` }), imageUrl);
    assertChecked(await send({ target: `${target}?${url}&models=nudity&${keyQuery()}` }), imageUrl);
    const body = Buffer.from(`${keyQuery()}&${url}&models=nudity`);
    assertChecked(await send({ target, headers: [urlEncoded], body }), imageUrl);
    assertChecked(await post([{ name: "url", body: imageUrl }, models, ...keys()]), imageUrl);
    assertChecked(await post([models, ...keys()], { target: `${target}?${url}` }), imageUrl);
  });

  it("a form that comes with GET, and a form's content type with nothing behind it", async () => {
    const fields = Buffer.from(`models=nudity&${keyQuery()}&url=${encodeURIComponent(imageUrl)}`);
    assertChecked(
      await send({ method: "GET", target: "/1.0/check.json", headers: [urlEncoded], body: fields }),
      imageUrl,
    );
    assertChecked(await post([...keys(), models, file()], { method: "GET" }), "a.png");
    assertChecked(await post([...keys(), models, file()], { method: "GET", chunked: true }), "a.png");
    const target = `/1.0/check.json?${fields}`;
    for (const type of [form, urlEncoded, "Content-Type: multipart/form-data", "Content-Type: application/json"]) {
      assertChecked(await send({ method: "GET", target, headers: [type] }), imageUrl);
    }
  });

  it("models with their commas escaped or not, named twice, with blanks and empty names between", async () => {
    for (const value of ["nudity%2Ctype", "nudity,type", "type%2cnudity", "nudity%2C+type", "nudity,,type,nudity,"]) {
      const answer = await post([file()], { target: `/1.0/check.json?models=${value}&${keyQuery()}` });
      assertChecked(answer, "a.png");
      assert.ok(answer.type.photo > 0.9, value);
      assert.equal(answer.request.operations, 2, value);
    }
  });

  it("the same parameter in query and body where both say the same, and no guess where they don't", async () => {
    const target = `/1.0/check.json?models=nudity&${keyQuery()}`;
    assertChecked(await post([...keys(), models, file()], { target }), "a.png");
    const other = await post([{ name: "models", body: "type" }, file()], { target });
    assert.deepEqual([other.http, other.error.type], [400, "argument_error"]);
    assert.equal(other.error.message, "Expected one value for models but received two");
    const twice = await post([file()], { target: `${target}&models=type` });
    assert.deepEqual([twice.http, twice.error.type], [400, "argument_error"]);
    const stranger = await post([{ name: "api_secret", body: "other" }, file()], { target });
    assert.deepEqual([stranger.http, stranger.error.code], [401, 1], "two secrets are no secret");
  });

  it("keys half in the query and half in the form, and a whole key as api_secret whatever the user", async () => {
    const half = await post([{ name: "api_secret", body: key.secret }, models, file()], {
      target: `/1.0/check.json?api_user=${key.id}`,
    });
    assertChecked(half, "a.png");
    assertChecked(
      await post([file()], { target: `/1.0/check.json?models=nudity&api_user=me&api_secret=${key.key}` }),
      "a.png",
    );
    assertChecked(await post([file()], { target: `/1.0/check.json?models=nudity&api_secret=${key.key}` }), "a.png");
  });
});
