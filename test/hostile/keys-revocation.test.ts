import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { createApp } from "../../src/http/app.ts";
import { createKeyCache } from "../../src/services/key-cache.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { serveApp } from "../support/serve-app.ts";
import { startService, type TestService } from "../support/service.ts";
import { type ServiceProcess, startServiceProcess } from "../support/service-process.ts";

const PROCESSES = 3;
const ROUNDS = 3;
const ADMIN_KEY = "admin-key-of-the-revocation-test";
const json = { "content-type": "application/json" };
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

interface Issued {
  readonly id: string;
  readonly key: string;
}

/** A route where nothing but authentication reads the key: look-ups and quotas find out for themselves that it has ended. */
async function listsAreOpen(url: string, key: string): Promise<boolean> {
  return (await fetch(`${url}/v1/lists`, { headers: bearer(key) })).status === 200;
}

/** Asks without pause until the answer is another, and gives the moment of the last old one, ms of `performance.now()`. */
async function lastOldAnswer(isOld: () => Promise<boolean>): Promise<number> {
  for (let last = Number.NEGATIVE_INFINITY; ; ) {
    const askedAt = performance.now();
    if (!(await isOld())) return last;
    last = askedAt;
  }
}

describe(`a change to a key, on ${PROCESSES} service processes with one database`, () => {
  let database: TestDatabase;
  let processes: ServiceProcess[];
  before(async () => {
    database = await createTestDatabase({ poolSize: 2 });
    const settings = { DATABASE_URL: database.url, DATABASE_POOL_SIZE: "4", HOT_INDEX_MB: "0", ADMIN_KEY };
    processes = [];
    for (let started = 0; started < PROCESSES; started++) {
      processes.push(await startServiceProcess({ ...settings, AUTH_FAILURES_PER_MINUTE: "0" }));
    }
  });
  after(async () => {
    for (const { child, exited } of processes) {
      child.kill("SIGTERM");
      await exited;
    }
    await database.drop();
  });

  const urlOf = (index: number) => processes[index % PROCESSES]?.url ?? "";
  async function change(index: number, method: string, path: string, body?: object): Promise<Issued | null> {
    const headers = { ...bearer(ADMIN_KEY), ...(body && json) };
    const response = await fetch(urlOf(index) + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    assert.ok(response.ok, `${method} ${path}: ${response.status}`);
    return response.status === 204 ? null : ((await response.json()) as Issued);
  }
  async function issue(index: number): Promise<Issued> {
    const issued = await change(index, "POST", "/v1/keys", { name: "to be changed", scopes: ["check", "lists"] });
    assert.ok(issued);
    return issued;
  }

  /** Most milliseconds from a change's answer until a process that is asked all the time last went by what was before. */
  async function holdsAfter(
    changed: (index: number, key: Issued) => Promise<unknown>,
    isOld: (url: string, key: string) => Promise<boolean>,
  ): Promise<number> {
    let longest = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const issued = await issue(round);
      for (let index = 0; index < PROCESSES; index++) assert.ok(await isOld(urlOf(index), issued.key));
      const asking = processes.map(({ url }) => lastOldAnswer(() => isOld(url, issued.key)));
      await changed(round, issued);
      const changedAt = performance.now();
      for (const last of await Promise.all(asking)) longest = Math.max(longest, last - changedAt);
    }
    return longest;
  }

  it("revokes it in every process within a second", async (t) => {
    const longest = await holdsAfter((index, { id }) => change(index, "DELETE", `/v1/keys/${id}`), listsAreOpen);
    t.diagnostic(`believed for ${Math.round(longest)} ms at most`);
    assert.ok(longest < 1000, `still believed after ${longest} ms`);
  });

  it("ends the old secret of a rotated one in every process within a second", async (t) => {
    const longest = await holdsAfter((index, { id }) => change(index, "POST", `/v1/keys/${id}/rotate`), listsAreOpen);
    t.diagnostic(`believed for ${Math.round(longest)} ms at most`);
    assert.ok(longest < 1000, `still believed after ${longest} ms`);
  });

  it("takes a scope away in every process within a second", async (t) => {
    const longest = await holdsAfter(
      (index, { id }) => change(index, "PATCH", `/v1/keys/${id}`, { scopes: ["check"] }),
      listsAreOpen,
    );
    t.diagnostic(`believed for ${Math.round(longest)} ms at most`);
    assert.ok(longest < 1000, `still believed after ${longest} ms`);
  });
});

describe("a key that is revoked", () => {
  let service: TestService;
  before(async () => {
    service = await startService();
  });
  after(() => service.close());

  it("makes no new key by a request whose body it began to send before", async () => {
    const { id, key } = await service.createKey({ name: "slow sender", scopes: ["admin"] });
    const body = JSON.stringify({ name: "outlives its maker", scopes: ["admin"] });
    const { keyCache } = service.context;
    const letIn = new Promise<void>((resolve) => {
      const { put } = keyCache;
      keyCache.put = (presented, actor, reading) => {
        put(presented, actor, reading);
        if (actor.id === id) resolve();
      };
    });
    const { port } = new URL(service.url);
    const socket = connect(Number(port), "127.0.0.1");
    const answered = new Promise<string>((resolve, reject) => {
      let text = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        if (text.includes("\r\n\r\n")) resolve(text);
      });
      socket.once("error", reject);
    });
    socket.write(
      `POST /v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    );
    await letIn;
    const { atMs } = keyCache.beginReading();
    assert.equal((await service.request(`/v1/keys/${id}`, { method: "DELETE" })).status, 204);
    while (keyCache.beginReading().atMs - atMs < 600) await service.request("/healthz");
    socket.write(body.slice(5));
    assert.match(await answered, /^HTTP\/1\.1 401 /);
    socket.destroy();
    const text = await (await service.request("/v1/keys?limit=100")).text();
    assert.ok(!text.includes("outlives its maker"));
  });

  it("is read from the database itself, whatever replicas there are", async () => {
    const { id, key } = await service.createKey({ name: "read from the primary" });
    const refuse = () => {
      throw new Error("A replica was asked");
    };
    const replicas = { pick: refuse, search: refuse, close: () => Promise.resolve() };
    const served = await serveApp(createApp({ ...service.context, replicas, keyCache: createKeyCache() }));
    try {
      const status = async () => (await fetch(`${served.url}/v1/quota`, { headers: bearer(key) })).status;
      assert.equal(await status(), 200);
      await service.request(`/v1/keys/${id}`, { method: "DELETE" });
      while ((await status()) === 200);
      assert.equal(await status(), 401);
    } finally {
      await served.close();
    }
  });
});

describe("a key that was read", () => {
  it("is believed for half a second from when its reading began, however long that took", () => {
    let nowMs = 1000;
    const cache = createKeyCache(() => nowMs);
    const actor = { id: "key_1" } as Parameters<typeof cache.put>[1];
    const reading = cache.beginReading();
    nowMs += 400;
    cache.put("presented", actor, reading);
    nowMs += 99;
    assert.equal(cache.get("presented"), actor);
    nowMs += 1;
    assert.equal(cache.get("presented"), null);
    const slow = cache.beginReading();
    nowMs += 3000;
    cache.put("presented", actor, slow);
    assert.equal(cache.get("presented"), null);
  });
});
