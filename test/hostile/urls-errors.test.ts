import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { assertCleanError } from "../support/clean-error.ts";
import { httpAnswer, type ImageOrigin, startImageOrigin } from "../support/image-origin.ts";
import { startService, type TestService } from "../support/service.ts";

const SECRET = "upstream-secret";
const MEBIBYTE = 2 ** 20;

/** Ways to answer that give no picture; wherever an origin can choose words, it says SECRET. */
const ORIGINS: Readonly<Record<string, (socket: Socket) => void>> = {
  hangUp: (socket) => socket.destroy(),
  reset: (socket) => socket.resetAndDestroy(),
  noHttp: (socket) => socket.end(`-ERR ${SECRET}\r\n`),
  status: (socket) => socket.end(httpAnswer(500, [`X-Error: ${SECRET}`], SECRET)),
  reason: (socket) => socket.end(`HTTP/1.1 404 ${SECRET}\r\nContent-Length: 0\r\n\r\n`),
  badHeader: (socket) => socket.end(`HTTP/1.1 200 OK\r\n${SECRET}\x00: x\r\n\r\n`),
  longHeader: (socket) => socket.end(httpAnswer(200, [`X-Long: ${SECRET.repeat(5000)}`])),
  toFile: (socket) => socket.end(httpAnswer(302, [`Location: file:///etc/${SECRET}`])),
  toCredentials: (socket) => socket.end(httpAnswer(302, [`Location: http://${SECRET}:x@photos.test/`])),
  toNowhere: (socket) => socket.end(httpAnswer(302, [])),
  toClosedPort: (socket) => socket.end(httpAnswer(302, [`Location: http://127.0.0.1:1/${SECRET}`])),
  toNoName: (socket) => socket.end(httpAnswer(302, [`Location: http://${SECRET}.invalid/`])),
  loop: (socket) => socket.end(httpAnswer(302, [`Location: /loop?${SECRET}`])),
  coding: (socket) => socket.end(httpAnswer(200, [`Content-Encoding: ${SECRET}`], "x")),
  brokenGzip: (socket) => socket.end(httpAnswer(200, ["Content-Encoding: gzip"], SECRET)),
  bomb: (socket) => socket.end(httpAnswer(200, ["Content-Encoding: gzip"], gzipSync(Buffer.alloc(64 * MEBIBYTE)))),
  huge: (socket) => socket.write(`HTTP/1.1 200 ${SECRET}\r\nContent-Length: 10737418240\r\n\r\n`),
  empty: (socket) => socket.end(httpAnswer(200, [])),
  text: (socket) => socket.end(httpAnswer(200, ["Content-Type: image/jpeg"], `<html>${SECRET}`)),
  cutJpeg: (socket) => socket.end(httpAnswer(200, [], Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]))),
};

let origin: ImageOrigin;
let service: TestService;
before(async () => {
  origin = await startImageOrigin((path, socket) => ORIGINS[path.slice(1).split("?")[0] ?? ""]?.(socket));
  service = await startService();
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ name: "banned" });
  const created = await service.request("/v1/lists", { method: "POST", headers, body });
  assert.equal(created.status, 201, await created.text());
});
after(async () => {
  await service.close();
  await origin.close();
});

for (const name of Object.keys(ORIGINS)) {
  test(`an origin of the kind ${name} is told of in our words only, natively, in bans and on the vendor's surface`, async () => {
    const url = `http://127.0.0.1:${origin.port}/${name}`;
    const headers = { "content-type": "application/json" };
    for (const path of ["/v1/images/check", "/v1/lists/banned/entries"]) {
      const body = JSON.stringify({ url });
      const native = await service.request(path, { method: "POST", headers, body });
      const text = await native.text();
      assertCleanError(native, text);
      assert.match((JSON.parse(text) as { code: string }).code, /^(?:url|image)_/, `${path}: ${text}`);
      assertOurWords(text);
    }
    const vendor = await service.request("/api/upload", { method: "POST", body: new URLSearchParams({ url }) });
    const text = await vendor.text();
    const { status, reason } = JSON.parse(text) as { status: string; reason: string };
    assert.equal(status, "ERR", text);
    assert.doesNotMatch(reason, /key|No image or url/, text);
    assertOurWords(text);
  });
}

function assertOurWords(text: string): void {
  assert.doesNotMatch(
    text,
    new RegExp(`${SECRET}|127\\.0\\.0\\.1|:${origin.port}|ECONN|HPE_|Z_|zlib|certificate`, "i"),
  );
}
