import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { after, before, test } from "node:test";
import { assertCleanError } from "../support/clean-error.ts";
import { startService, type TestService } from "../support/service.ts";
import { sharedData } from "../support/shared-data.ts";

interface SsrfCase {
  readonly id: string;
  readonly expected: "ALLOW" | "BLOCK";
  readonly layer: string;
  readonly url: string;
  readonly note: string;
}

/** Those that the whole service refuses by the URL alone; the others need answers of a name server or an origin. */
const LAYERS = new Set(["ADDR", "PARSE", "PARSE+ADDR", "PARSE+DNS"]);
const CASES = 91;
const HOSTS = ["127.0.0.1", "127.127.127.127", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "localhost"];

/** A listener that counts on a port of every loopback address, IPv6 and IPv4; null where this account may not have it. */
async function listenEverywhere(port: number, onConnection: () => void): Promise<Server | null> {
  const server = createServer((socket) => {
    onConnection();
    socket.on("error", () => {});
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\ninside secret");
  });
  server.listen({ port, host: "::", ipv6Only: false });
  return await Promise.race([once(server, "listening").then(() => server), once(server, "error").then(() => null)]);
}

let connections = 0;
const tripwires = new Map<number, Server>();
let service: TestService;
before(async () => {
  for (const port of [80, 443]) {
    const server = await listenEverywhere(port, () => {
      connections++;
    });
    if (server !== null) tripwires.set(port, server);
  }
  service = await startService({ config: { allowPrivateUrls: false } });
});
after(async () => {
  await service.close();
  for (const server of tripwires.values()) await new Promise((resolve) => server.close(resolve));
});

async function checkUrl(url: string): Promise<{ response: Response; body: string }> {
  const response = await service.request("/v1/images/check", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url }),
  });
  return { response, body: await response.text() };
}

async function assertRefused(url: string): Promise<void> {
  const { response, body } = await checkUrl(url);
  assertCleanError(response, body);
  const { code } = JSON.parse(body) as { code: string };
  assert.ok(["url_malformed", "url_forbidden", "parameter_invalid"].includes(code), `${url}: ${body}`);
  assert.doesNotMatch(body, /secret|metadata|passwd|localhost/);
}

test("the tripwires hear a connection to either loopback", async (t) => {
  if (tripwires.size < 2) return t.skip("this account may not listen on ports 80 and 443, or others do");
  for (const port of tripwires.keys()) {
    for (const host of ["127.0.0.1", "::1"]) {
      const heard = connections;
      const socket = connect(port, host);
      await once(socket.resume(), "close");
      assert.equal(connections, heard + 1);
    }
  }
  connections = 0;
});

test("no spelling of this machine is connected to by the whole service, on either port", async (t) => {
  for (const host of HOSTS) {
    for (const prefix of ["http://", "https://"]) await assertRefused(`${prefix}${host}/`);
  }
  assert.equal(connections, 0);
  t.diagnostic(`${tripwires.size} of 2 ports had tripwires`);
});

const path = sharedData("ssrf-cases.json");
if (path === null) {
  test.skip(`${CASES} URL cases are skipped: the shared data is not beside the project`);
} else {
  const cases = JSON.parse(readFileSync(path, "utf8")) as readonly SsrfCase[];
  const refused = cases.filter(({ layer }) => LAYERS.has(layer));
  test("the shared data holds all the cases that a URL alone decides", () => assert.equal(refused.length, CASES));
  for (const { id, note, url } of refused) {
    test(`${id} ${note || "name"}: the whole service refuses it cleanly, and connects nowhere`, async () => {
      await assertRefused(url);
      assert.equal(connections, 0);
    });
  }
}
