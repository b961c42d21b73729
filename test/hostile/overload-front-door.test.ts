import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { heldBodyBytes } from "../../src/http/body-budget.ts";
import { assertCleanError } from "../support/clean-error.ts";
import { countUnderWay, type HeldRequests, holdRequests } from "../support/held-requests.ts";
import { exchange, readAnswers, type WireAnswer } from "../support/raw-exchange.ts";
import { startService, type TestService } from "../support/service.ts";

const MAX_REQUESTS = 4;
const MAX_CONNECTIONS = 24;

let service: TestService;
let port: number;
before(async () => {
  service = await startService({
    config: { maxRequests: MAX_REQUESTS, maxConnections: MAX_CONNECTIONS, fetchesAtOnce: 256 },
  });
  port = Number(new URL(service.url).port);
});
after(() => service.close());

function assertBusy(answer: WireAnswer | undefined): void {
  assert.ok(answer !== undefined, "no answer");
  assertCleanError(answer, answer.body);
  assert.deepEqual([answer.status, JSON.parse(answer.body).code], [503, "overloaded"], answer.body);
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.equal(JSON.parse(answer.body).instance, answer.headers.get("x-request-id"));
}

async function refusals(reason: string): Promise<number> {
  const text = await (await service.request("/metrics")).text();
  const found = new RegExp(`^lookalike_overload_refusals_total{reason="${reason}"} (\\d+)$`, "m").exec(text);
  return Number(found?.[1] ?? 0);
}

describe("with as many requests under way as may be", () => {
  let held: HeldRequests;
  before(async () => {
    held = await holdRequests(service, MAX_REQUESTS);
  });
  after(async () => {
    assert.deepEqual(await held.release(), Array(MAX_REQUESTS).fill(422));
    assert.equal((await service.request("/v1/quota")).status, 200);
    assert.equal(await countUnderWay(service), 0);
  });

  it("any other is 503 overloaded with Retry-After, whoever asks for whatever, and is counted", async () => {
    const before = await refusals("requests");
    const targets = ["GET /v1/quota", "GET /nowhere", "DELETE /v1/keys/none", "GET /docs", "GET /healthz2"];
    for (const target of targets) {
      const [answer] = await exchange(port, `${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n\r\n`);
      assertBusy(answer);
    }
    assert.equal(await refusals("requests"), before + targets.length);
  });

  it("carries on the client's request id", async () => {
    const [answer] = await exchange(port, "GET /v1/quota HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine-1\r\n\r\n");
    assertBusy(answer);
    assert.equal(answer?.headers.get("x-request-id"), "mine-1");
  });

  it("health, readiness and metrics are answered", async () => {
    for (const path of ["/healthz", "/readyz", "/metrics", "/healthz?probe=1"]) {
      assert.equal((await service.request(path)).status, 200, path);
    }
  });

  it("a vendor's path gets the vendor's answer", async () => {
    for (const path of ["/api/upload?url=http://127.0.0.1/", "/api/hash/x"]) {
      const response = await fetch(service.url + path);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("retry-after"), "1");
      assert.deepEqual(await response.json(), { status: "ERR", reason: "The service is busy, try again later" });
    }
  });

  it("an upload of 5 MB is refused before its body is read, the client reads why, and may use its connection again", async () => {
    const body = Buffer.alloc(5_000_000, 1);
    const heldBytes = heldBodyBytes();
    const socket = connect(port, "127.0.0.1");
    const head = `POST /v1/images/check HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: ${body.length}\r\n\r\n`;
    socket.write(head);
    const [first] = await readAnswers(socket, 1);
    assertBusy(first);
    socket.write(body);
    assert.equal(heldBodyBytes(), heldBytes);
    socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    const [second] = await readAnswers(socket, 1);
    assert.equal(second?.status, 200);
    socket.destroy();
  });

  it("an upload of 5 MB sent without waiting is answered, not reset", async () => {
    const body = Buffer.alloc(5_000_000, 1);
    const head = `POST /v1/images/check HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: ${body.length}\r\n\r\n`;
    const socket = connect(port, "127.0.0.1");
    const errors: Error[] = [];
    socket.on("error", (error) => errors.push(error));
    const written = new Promise<void>((resolve) =>
      socket.write(Buffer.concat([Buffer.from(head), body]), () => resolve()),
    );
    const [answer] = await readAnswers(socket, 1);
    assertBusy(answer);
    await written;
    assert.deepEqual(errors, []);
    socket.destroy();
  });

  it("an upload that waits to be told gets its refusal and the end of the connection, and no 100", async () => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setEncoding("latin1").on("data", (part: string) => {
      text += part;
    });
    socket.write(
      "POST /v1/images/check HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: image/png\r\nContent-Length: 100\r\n\r\n",
    );
    await once(socket, "end");
    assert.match(text, /^HTTP\/1\.1 503 .*\r\nConnection: close\r\n/is);
  });
});

describe("slow senders", () => {
  it("of bodies keep nobody from being served, however many there are", async () => {
    const slow: Socket[] = [];
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < MAX_REQUESTS; index++) slow.push(startUpload());
      while ((await countUnderWay(service)) > 0);
    }
    assert.equal((await service.request("/v1/quota")).status, 200);
    for (const socket of slow) {
      assert.ok(!socket.destroyed);
      socket.destroy();
    }
  });
});

describe("connections", () => {
  it("beyond the bound push out those that ask nothing, the longest idle first", async () => {
    const idle: Socket[] = [];
    for (let index = 0; index < MAX_CONNECTIONS; index++) idle.push(await openConnection());
    const closed = idle.map((socket) => once(socket, "close"));
    for (let index = 0; index < 5; index++) {
      const [answer] = await exchange(port, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assert.equal(answer?.status, 200);
    }
    await closed[0];
    assert.ok(idle.at(-1)?.writable);
    for (const socket of idle) socket.destroy();
  });

  it("are refused with 503 where each has a request, and that is counted", async () => {
    const working = await startService({
      config: { maxConnections: 4, fetchesAtOnce: 256 },
      databaseUrl: service.databaseUrl,
      workers: service.context.workers,
    });
    const held: Socket[] = [];
    for (let index = 0; index < 4; index++) {
      const socket = connect(Number(new URL(working.url).port), "127.0.0.1");
      // The answer to what came first says that the second has arrived as well.
      socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
      socket.write("POST /v1/images/check HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\n");
      await readAnswers(socket, 1);
      held.push(socket);
    }
    const [answer] = await exchange(Number(new URL(working.url).port), "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assertBusy(answer);
    for (const socket of held) socket.destroy();
    await working.close();
  });
});

async function openConnection(): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

function startUpload(): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(
    `POST /v1/images/check HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: ${2 ** 20}\r\n\r\na`,
  );
  return socket;
}
