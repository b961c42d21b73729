import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { parseUrlEncoded } from "../../src/http/read-body-text.ts";
import { type ServedApp, serveApp } from "../support/serve-app.ts";
import { createEchoApp, type Echo, type LoggedFailure, multipart } from "./read-body-app.ts";

const MAX = 10_000;
const photo = 'Content-Disposition: form-data; name="image"; filename="a.jpg"';
const logged: LoggedFailure[] = [];
let onLogged: () => void = () => {};

let served: ServedApp;
before(async () => {
  const app = createEchoApp({ maxImageBytes: MAX }, (failure) => {
    logged.push(failure);
    onLogged();
  });
  served = await serveApp(app);
});
after(() => served.close());

type Body = string | Buffer | AsyncIterable<Buffer>;

async function refusal(body: Body, contentType: string | null, path = "/read", headers: Record<string, string> = {}) {
  const init = { method: "POST", body, duplex: "half", headers: { ...headers } as Record<string, string> };
  if (contentType !== null) init.headers["content-type"] = contentType;
  const response = await fetch(served.url + path, init as RequestInit);
  const echo = (await response.json()) as Echo;
  return { status: response.status, code: echo.code, field: echo.field, detail: echo.detail ?? "" };
}

function refusedParts(parts: Parameters<typeof multipart>[1]) {
  return refusal(multipart("edge", parts), "multipart/form-data; boundary=edge");
}

/** Sent in chunks, so that no Content-Length goes ahead. */
async function* chunked(body: Buffer): AsyncIterable<Buffer> {
  for (let start = 0; start < body.length; start += 4096) yield body.subarray(start, start + 4096);
}

test("an image of exactly the limit is taken, one byte more is image_too_many_bytes", async () => {
  assert.equal((await refusal(Buffer.alloc(MAX, 1), "image/png")).status, 200);
  assert.equal((await refusedParts([[photo, Buffer.alloc(MAX, 1)]])).status, 200);
  for (const answer of [
    await refusal(Buffer.alloc(MAX + 1, 1), "image/png"),
    await refusedParts([[photo, Buffer.alloc(MAX + 1, 1)]]),
  ]) {
    assert.equal(answer.status, 413);
    assert.equal(answer.code, "image_too_many_bytes");
    assert.equal(answer.field, "image");
    assert.match(answer.detail, /^Expected at most 10000 bytes for image but received /);
  }
});

test("an image too large is refused without a Content-Length too", async () => {
  const form = multipart("edge", [[photo, Buffer.alloc(40 * MAX, 1)]]);
  assert.equal((await refusal(chunked(Buffer.alloc(40 * MAX, 1)), "image/png")).code, "image_too_many_bytes");
  assert.equal((await refusal(chunked(form), "multipart/form-data; boundary=edge")).code, "image_too_many_bytes");
});

test("a Content-Length beyond the limit is refused before any byte has come", async () => {
  const answer = await rawExchange(
    "POST /read HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n",
  );
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.match(answer, /image_too_many_bytes/);
});

test("an empty image is image_empty, as a part and as a body", async () => {
  for (const answer of [await refusal("", "image/png"), await refusedParts([[photo, ""]])]) {
    assert.equal(answer.status, 400);
    assert.equal(answer.code, "image_empty");
  }
});

test("two images in one body are body_malformed", async () => {
  const answer = await refusedParts([
    [photo, "x"],
    [photo, "y"],
  ]);
  assert.equal(answer.code, "body_malformed");
  assert.equal(answer.field, "image");
});

test("a field that comes twice is body_malformed and named", async () => {
  const field: [string, string] = ['Content-Disposition: form-data; name="lists"', "a"];
  for (const answer of [
    await refusedParts([field, field]),
    await refusal("lists=a&lists=b", "application/x-www-form-urlencoded"),
  ]) {
    assert.equal(answer.code, "body_malformed");
    assert.equal(answer.field, "lists");
  }
});

test("a text field of over 64 KiB is body_too_large and named", async () => {
  const long = "a".repeat(64 * 1024 + 1);
  for (const answer of [
    await refusedParts([['Content-Disposition: form-data; name="note"', long]]),
    await refusal(`note=${long}`, "application/x-www-form-urlencoded"),
  ]) {
    assert.equal(answer.code, "body_too_large");
    assert.equal(answer.field, "note");
  }
});

test("a 51st text field is body_too_large", async () => {
  const names = Array.from({ length: 51 }, (_, index) => `f${index}`);
  for (const answer of [
    await refusedParts(names.map((name) => [`Content-Disposition: form-data; name="${name}"`, "1"])),
    await refusal(names.map((name) => `${name}=1`).join("&"), "application/x-www-form-urlencoded"),
  ]) {
    assert.equal(answer.code, "body_too_large");
  }
});

test("a form of too many fields is refused before it is taken apart, which for millions would hold up everybody", (t) => {
  t.mock.method(globalThis, "URLSearchParams", () => assert.fail("taken apart"));
  const form = Buffer.from("a&".repeat(51));
  assert.throws(() => parseUrlEncoded(form), { code: "body_too_large" });
  t.mock.restoreAll();
  assert.deepEqual(Object.keys(parseUrlEncoded(Buffer.from("a=1&b=2&"))), ["a", "b"]);
});

test("where JSON may be large for its images, more than 100,000 values are body_too_large", async () => {
  const large = await serveApp(createEchoApp({ maxTextBytes: 4 * 1024 * 1024 }));
  try {
    const send = async (json: unknown) => {
      const body = JSON.stringify(json);
      assert.ok(body.length > 1024 * 1024 && body.length < 4 * 1024 * 1024);
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${large.url}/read`, { method: "POST", body, headers });
      return [response.status, ((await response.json()) as Echo).code];
    };
    const image = "A".repeat(2 * 1024 * 1024);
    assert.deepEqual(await send({ input: [{ image }, ...Array(20_000).fill({ a: 1 })] }), [200, undefined]);
    for (const parts of [Array(600_000).fill(0), Array(250_000).fill([[]]), [image, ...Array(60_000).fill({ a: 1 })]]) {
      assert.deepEqual(await send(parts), [413, "body_too_large"]);
    }
  } finally {
    await large.close();
  }
});

test("a fifth file is body_too_large", async () => {
  const file: [string, string] = ['Content-Disposition: form-data; name="f"; filename="f"', "x"];
  assert.equal((await refusedParts([file, file, file, file, file])).code, "body_too_large");
});

test("files passed over still count towards the size of a multipart body", async () => {
  const big = Buffer.alloc(5 * 1024 * 1024, 1);
  const form = multipart("edge", [['Content-Disposition: form-data; name="f"; filename="f"', big]]);
  assert.equal((await refusal(chunked(form), "multipart/form-data; boundary=edge")).code, "body_too_large");
});

test("JSON and URL-encoded bodies of over 1 MiB are body_too_large, with and without a Content-Length", async () => {
  const long = Buffer.alloc(1024 * 1024 + 1, "a");
  for (const type of ["application/json", "application/x-www-form-urlencoded"]) {
    assert.equal((await refusal(long, type)).code, "body_too_large");
    assert.equal((await refusal(chunked(long), type)).code, "body_too_large");
  }
});

for (const [what, body] of [
  ["cut off inside a part", `--edge\r\n${photo}\r\n\r\nabc`],
  ["cut off inside a part's headers", `--edge\r\n${photo}`],
  ["without a single boundary", "hello"],
  ["without a byte", ""],
] as const) {
  test(`multipart ${what} is body_malformed`, async () => {
    const answer = await refusal(body, "multipart/form-data; boundary=edge");
    assert.equal(answer.status, 400);
    assert.equal(answer.code, "body_malformed");
  });
}

test("multipart without a boundary in its content type is body_malformed", async () => {
  assert.equal((await refusal("x", "multipart/form-data")).code, "body_malformed");
});

test("JSON that doesn't parse, is empty or is not UTF-8 is body_malformed", async () => {
  for (const body of ['{"url": tru', "", Buffer.from([0x22, 0xff, 0x22])]) {
    assert.equal((await refusal(body, "application/json")).code, "body_malformed");
  }
});

test("an unknown content type is content_type_unsupported and named", async () => {
  for (const type of ["text/plain", "application/pdf"]) {
    const answer = await refusal("x", type);
    assert.equal(answer.status, 415);
    assert.equal(answer.code, "content_type_unsupported");
    assert.ok(answer.detail.endsWith(`but received "${type}"`), answer.detail);
  }
});

test("a body without a content type is content_type_unsupported", async () => {
  assert.equal((await refusal(Buffer.from("x"), null)).code, "content_type_unsupported");
});

test("image bytes under curl's default content type are refused with the cure", async () => {
  const answer = await refusal(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]), "application/x-www-form-urlencoded");
  assert.equal(answer.code, "content_type_unsupported");
  assert.match(answer.detail, /application\/octet-stream/);
});

test("a compressed body is content_type_unsupported", async () => {
  const answer = await refusal("x", "application/json", "/read", { "content-encoding": "gzip" });
  assert.equal(answer.code, "content_type_unsupported");
});

test("a route for JSON alone refuses every other content type, and takes 1 MiB of none", async () => {
  for (const type of ["image/png", "application/octet-stream", "multipart/form-data; boundary=edge"]) {
    const long = Buffer.alloc(1024 * 1024 + 1, 1);
    assert.equal((await refusal(long, type, "/json")).code, "body_too_large");
    assert.equal((await refusal(chunked(long), type, "/json")).code, "body_too_large");
  }
  assert.equal((await refusal("x", "image/png", "/json")).code, "content_type_unsupported");
  assert.equal((await refusal("{}", "application/json", "/json")).status, 200);
});

test("a client that goes away in mid-body is no error of ours, and the next request is answered", async () => {
  const noted = new Promise<void>((resolve) => {
    onLogged = resolve;
  });
  const before = logged.length;
  const socket = connect(served.port, "127.0.0.1");
  const head =
    "POST /read HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=edge\r\nContent-Length: 9000\r\n\r\n";
  socket.write(`${head}--edge\r\n${photo}\r\n\r\nabc`, () => socket.destroy());
  await noted;
  assert.deepEqual(
    logged.slice(before).map(({ level }) => level),
    ["debug"],
  );
  assert.equal((await refusal("x", "image/png")).status, 200);
});

/** Sends bytes as they are and gives back everything until the server closes. */
function rawExchange(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(served.port, "127.0.0.1", () => socket.write(request));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}
