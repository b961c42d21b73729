import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { type ServedApp, serveApp } from "../support/serve-app.ts";
import { createEchoApp, type Echo, multipart } from "./read-body-app.ts";

const image = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 31 + (index >> 8)) % 256));
const digests = {
  sha1: createHash("sha1").update(image).digest("hex"),
  sha256: createHash("sha256").update(image).digest("hex"),
  md5: createHash("md5").update(image).digest("hex"),
};

let served: ServedApp;
before(async () => {
  served = await serveApp(createEchoApp());
});
after(() => served.close());

async function send(
  body: string | Buffer | FormData | null,
  contentType?: string,
  headers: Record<string, string> = {},
) {
  const type = contentType === undefined ? {} : { "content-type": contentType };
  const response = await fetch(`${served.url}/read`, { method: "POST", body, headers: { ...type, ...headers } });
  return { status: response.status, echo: (await response.json()) as Echo };
}

function sendParts(parts: Parameters<typeof multipart>[1], boundary = "edge") {
  return send(multipart(boundary, parts), `multipart/form-data; boundary=${boundary}`);
}

test("a multipart image arrives byte for byte with its three digests, its name and its fields", async () => {
  const form = new FormData();
  form.append("lists", "a,b");
  form.append("image", new File([image], "photo.jpg", { type: "image/jpeg" }));
  form.append("classify", "never");
  const { status, echo } = await send(form);
  assert.equal(status, 200);
  assert.equal(echo.kind, "image");
  assert.equal(echo.bytes, image.length);
  assert.deepEqual(echo.digests, digests);
  assert.equal(echo.filename, "photo.jpg");
  assert.deepEqual(echo.fields, { lists: "a,b", classify: "never" });
});

for (const type of ["image/png", "image/whatever", "application/octet-stream"]) {
  test(`a body of type ${type} is the image itself`, async () => {
    const { echo } = await send(image, type);
    assert.deepEqual(echo.digests, digests);
    assert.equal(echo.filename, null);
  });
}

test("a boundary with a blank in it is taken with quotes and without", async () => {
  const boundary = "Image Upload";
  for (const given of [`;boundary=${boundary}`, `; boundary="${boundary}"`, `; boundary=${boundary} ; charset=utf-8`]) {
    const parts = [['Content-Disposition: form-data; name="image";filename="a.png"', image]] as const;
    const { status, echo } = await send(multipart(boundary, parts), `multipart/form-data${given}`);
    assert.equal(status, 200, given);
    assert.deepEqual([echo.digests, echo.filename], [digests, "a.png"], given);
  }
});

test("an image part without a file name keeps its bytes, whatever its content type", async () => {
  for (const type of ["", "\r\nContent-Type: image/jpeg", "\r\nContent-Type: text/plain"]) {
    const { echo } = await sendParts([[`Content-Disposition: form-data; name="image"${type}`, image]]);
    assert.deepEqual(echo.digests, digests);
  }
});

test("a file's folders are taken off its name", async () => {
  const name = "../../etc/passwd";
  const { echo } = await sendParts([[`Content-Disposition: form-data; name="image"; filename="${name}"`, "x"]]);
  assert.equal(echo.filename, "passwd");
});

test("files of other names are passed over and named", async () => {
  const { echo } = await sendParts([
    ['Content-Disposition: form-data; name="photo"; filename="a.jpg"', "x"],
    ['Content-Disposition: form-data; name="lists"', "a"],
  ]);
  assert.equal(echo.kind, "form");
  assert.deepEqual(echo.otherFiles, ["photo"]);
});

test("a file input left blank is no image", async () => {
  const { echo } = await sendParts([
    ['Content-Disposition: form-data; name="image"; filename=""\r\nContent-Type: application/octet-stream', ""],
    ['Content-Disposition: form-data; name="url"', "https://example.com/a.jpg"],
  ]);
  assert.equal(echo.bytes, null);
  assert.deepEqual(echo.fields, { url: "https://example.com/a.jpg" });
});

test("a URL-encoded form gives its fields", async () => {
  const { echo } = await send(
    "url=https%3A%2F%2Fexample.com%2Fa+b.jpg&__proto__=x",
    "application/x-www-form-urlencoded",
  );
  assert.equal(echo.kind, "form");
  assert.deepEqual(Object.entries(echo.fields).sort(), [
    ["__proto__", "x"],
    ["url", "https://example.com/a b.jpg"],
  ]);
});

test("a JSON body gives its value", async () => {
  const { echo } = await send('{"url":"https://example.com/ä.jpg"}', "application/json; charset=utf-8");
  assert.equal(echo.kind, "json");
  assert.deepEqual(echo.json, { url: "https://example.com/ä.jpg" });
});

test("no body at all is a form without fields", async () => {
  const { status, echo } = await send(null);
  assert.equal(status, 200);
  assert.equal(echo.kind, "form");
  assert.deepEqual(echo.fields, {});
});

test("the same form has the same digest under another boundary and another order of fields", async () => {
  const photo: [string, Buffer] = ['Content-Disposition: form-data; name="image"; filename="a.jpg"', image];
  const lists: [string, string] = ['Content-Disposition: form-data; name="lists"', "a"];
  const first = await sendParts([photo, lists], "one");
  const second = await sendParts([lists, photo], "another");
  assert.equal(first.echo.digest, second.echo.digest);
  assert.match(first.echo.digest, /^[0-9a-f]{64}$/);
});

test("another image, another field value and another field name each change the digest", async () => {
  const photo = 'Content-Disposition: form-data; name="image"; filename="a.jpg"';
  const answers = await Promise.all([
    sendParts([
      [photo, "x"],
      ['Content-Disposition: form-data; name="lists"', "a"],
    ]),
    sendParts([
      [photo, "y"],
      ['Content-Disposition: form-data; name="lists"', "a"],
    ]),
    sendParts([
      [photo, "x"],
      ['Content-Disposition: form-data; name="lists"', "b"],
    ]),
    sendParts([
      [photo, "x"],
      ['Content-Disposition: form-data; name="note"', "a"],
    ]),
    send('{"lists":"a"}', "application/json"),
    send('{"lists":"b"}', "application/json"),
  ]);
  assert.equal(new Set(answers.map(({ echo }) => echo.digest)).size, answers.length);
});

test("a body is read once, and JSON stays readable for a validator", async () => {
  const headers = { "content-type": "application/json" };
  const json = await fetch(`${served.url}/twice`, { method: "POST", body: '{"a":1}', headers });
  assert.deepEqual(await json.json(), { same: true, again: { a: 1 } });
});

test("the web body is read where there is no server", async () => {
  const form = new FormData();
  form.append("image", new File([image], "photo.jpg"));
  const response = await createEchoApp().request("/read", { method: "POST", body: form });
  assert.deepEqual(((await response.json()) as Echo).digests, digests);
});
