import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Hono } from "hono";
import { unwrapBase64 } from "../../src/http/base64-image.ts";
import { createErrorHandler } from "../../src/http/error-handler.ts";
import { type ReadBodyOptions, readImageBody } from "../../src/http/read-body.ts";
import { type ServedApp, serveApp } from "../support/serve-app.ts";
import { multipart } from "./read-body-app.ts";

const MAX_BYTES = 100_000;
/** What the vendor surfaces ask of the reader, by a path of each. */
const WAYS: Readonly<Record<string, ReadBodyOptions>> = {
  media: { imageFields: ["media"], maxImageBytes: MAX_BYTES },
  any: { anyFile: true, maxImages: 3, maxImageBytes: MAX_BYTES },
  text: { maxTextBytes: 2_000_000 },
  raw: { rawOfAnyType: true, maxImageBytes: MAX_BYTES },
};
const image = Buffer.from(Array.from({ length: 60_000 }, (_, index) => (index * 31 + (index >> 8)) % 256));

let served: ServedApp;
before(async () => {
  const app = new Hono();
  app.onError(createErrorHandler({ debug() {}, warn() {}, error() {} }));
  for (const [way, options] of Object.entries(WAYS)) {
    app.post(`/${way}`, async (c) => {
      const { images, fields } = await readImageBody(c, options);
      const read = images.map((each) => ({
        field: each.field,
        hex: unwrapBase64(each.image, each.field, MAX_BYTES).bytes.toString("hex"),
      }));
      return c.json({ images: read, fields });
    });
  }
  served = await serveApp(app);
});
after(() => served.close());

interface Read {
  readonly images: { readonly field: string; readonly hex: string }[];
  readonly fields: Record<string, string>;
  readonly code?: string;
}

async function send(way: string, body: string | Buffer, type: string) {
  const response = await fetch(`${served.url}/${way}`, { method: "POST", body, headers: { "content-type": type } });
  return { status: response.status, read: (await response.json()) as Read };
}

function sendParts(way: string, parts: Parameters<typeof multipart>[1]) {
  return send(way, multipart("edge", parts), "multipart/form-data; boundary=edge");
}

const part = (name: string, more = "") => `Content-Disposition: form-data; name="${name}"${more}`;

test("a part of the image's name is bytes without a file name and without a content type, first or last", async () => {
  const media: [string, Buffer] = [part("media"), image];
  for (const parts of [
    [media, [part("models"), "a,b"]],
    [[part("models"), "a,b"], media],
  ] as [string, string | Buffer][][]) {
    const { read } = await sendParts("media", parts);
    assert.deepEqual(read, { images: [{ field: "media", hex: image.toString("hex") }], fields: { models: "a,b" } });
  }
});

test("base64 in place of an image is decoded, plain, in lines, URL-safe or in a data URL", async () => {
  const plain = image.toString("base64");
  const lines = plain.replaceAll(/(.{76})/g, "$1\r\n");
  for (const text of [plain, lines, image.toString("base64url"), `data:image/png;base64,${plain}`]) {
    const { read } = await sendParts("media", [[part("media", '; filename="a.png"'), text]]);
    assert.equal(read.images[0]?.hex, image.toString("hex"), text.slice(0, 40));
  }
});

test("base64 that decodes to more than an image may have is refused", async () => {
  const text = Buffer.alloc(MAX_BYTES + 1, 1)
    .toString("base64")
    .slice(0, MAX_BYTES);
  assert.equal((await sendParts("media", [[part("media"), text]])).status, 200);
  const { status, read } = await sendParts("media", [[part("media"), Buffer.alloc(MAX_BYTES + 1, 1)]]);
  assert.deepEqual([status, read.code], [413, "image_too_many_bytes"]);
});

test("every file is an image where a surface says so, in the order they came, and no more than it says", async () => {
  const file = (name: string): [string, string] => [part(name, `; filename="${name}.png"`), name];
  const { read } = await sendParts("any", [file("b"), [part("note"), "text"], file("a")]);
  assert.deepEqual(
    read.images.map(({ field, hex }) => [field, Buffer.from(hex, "hex").toString()]),
    [
      ["b", "b"],
      ["a", "a"],
    ],
  );
  assert.deepEqual(read.fields, { note: "text" });
  const { status, read: refused } = await sendParts("any", ["a", "b", "c", "d"].map(file));
  assert.deepEqual([status, refused.code], [413, "body_too_large"]);
});

test("a field of a URL-encoded form may be long only where a surface takes images as text", async () => {
  const body = `image_base64=${encodeURIComponent(Buffer.alloc(1_000_000, 5).toString("base64"))}`;
  const type = "application/x-www-form-urlencoded";
  const { read } = await send("text", body, type);
  assert.equal(read.fields.image_base64?.length, 1_333_336);
  assert.equal((await send("media", body, type)).read.code, "body_too_large");
});

test("a body of any type is the image only where a surface says so", async () => {
  const { read } = await send("raw", image, "video/mp4");
  assert.equal(read.images[0]?.hex, image.toString("hex"));
  assert.equal((await send("media", image, "video/mp4")).read.code, "content_type_unsupported");
});
