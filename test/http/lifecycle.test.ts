import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { after, describe, it } from "node:test";
import { createEmptyDatabase } from "../support/database.ts";
import { detailedPicture } from "../support/pictures.ts";
import { startServiceProcess } from "../support/service-process.ts";

const empty = await createEmptyDatabase();
after(() => empty.drop());

/** Posts an image of which the last byte is held back until `finish`; gives the raw HTTP answer. */
function slowUpload(url: string, key: string, image: Buffer): { started: Promise<void>; finish(): Promise<string> } {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const answer = new Promise<string>((resolve, reject) => {
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(text));
  });
  const started = new Promise<void>((resolve) => {
    socket.once("connect", () => {
      socket.write(
        `POST /v1/images/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: image/png\r\nContent-Length: ${image.length}\r\n\r\n`,
      );
      socket.write(image.subarray(0, -1), () => resolve());
    });
  });
  return {
    started,
    finish: () => {
      socket.write(image.subarray(-1));
      return answer;
    },
  };
}

async function takePort(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

describe("the service as a process", () => {
  it("tells where it listens, a first admin key once and a curl line; the key works and is not told again", async () => {
    const settings = { DATABASE_URL: empty.url };
    const first = await startServiceProcess(settings);
    const key = /First admin key, shown this once: (\S+)/.exec(first.greeting)?.[1] ?? "";
    assert.match(key, /^lk_/);
    assert.ok(
      first.greeting.includes(
        `curl -H "Authorization: Bearer ${key}" -F image=@photo.jpg ${first.url}/v1/images/check`,
      ),
    );
    const headers = { authorization: `Bearer ${key}` };
    assert.equal((await fetch(`${first.url}/v1/keys`, { headers })).status, 200);
    assert.ok(!first.log().includes(key));
    first.child.kill("SIGTERM");
    assert.equal(await first.exited, 0);

    const second = await startServiceProcess(settings);
    assert.ok(!second.greeting.includes("First admin key"));
    assert.equal((await fetch(`${second.url}/v1/keys`, { headers })).status, 200);
    second.child.kill("SIGTERM");
    assert.equal(await second.exited, 0);
  });

  it("takes exactly ADMIN_KEY as an admin key, prints none, and refuses one below 24 characters", async () => {
    const adminKey = "exactly this string, spaces and all";
    const service = await startServiceProcess({ DATABASE_URL: empty.url, ADMIN_KEY: adminKey });
    assert.ok(!service.greeting.includes("First admin key"));
    const status = async (token: string) =>
      (await fetch(`${service.url}/v1/keys`, { headers: { authorization: `Bearer ${token}` } })).status;
    assert.equal(await status(adminKey), 200);
    assert.equal(await status(adminKey.slice(0, -1)), 401);
    service.child.kill("SIGTERM");
    assert.equal(await service.exited, 0);
    assert.ok(!service.log().includes(adminKey));
    await assert.rejects(startServiceProcess({ DATABASE_URL: empty.url, ADMIN_KEY: "x".repeat(23) }), /ADMIN_KEY/);
  });

  it("finishes accepted requests on SIGTERM, takes no new ones, and exits with 0", async () => {
    const adminKey = "a key for the drain test only";
    const service = await startServiceProcess({ DATABASE_URL: empty.url, ADMIN_KEY: adminKey });
    const upload = slowUpload(service.url, adminKey, await detailedPicture(801));
    await upload.started;
    // The request is accepted once the service has read its head; an answer to a later request shows that it has.
    assert.equal((await fetch(`${service.url}/healthz`)).status, 200);
    service.child.kill("SIGTERM");
    for (let refused = false; !refused; ) {
      refused = await fetch(`${service.url}/healthz`).then(
        () => false,
        () => true,
      );
    }
    const answer = await upload.finish();
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.match(answer, /"verdict":"allow"/);
    assert.equal(await service.exited, 0);
  });

  it("tells the first admin key at the first start that comes up, not before", async () => {
    const database = await createEmptyDatabase();
    after(() => database.drop());
    const taken = await takePort();
    const settings = { DATABASE_URL: database.url };
    await assert.rejects(startServiceProcess({ ...settings, PORT: String(taken.port) }));
    await assert.rejects(startServiceProcess({ ...settings, TRUST_PROXY: "maybe" }));
    taken.server.close();
    const service = await startServiceProcess(settings);
    assert.match(service.greeting, /First admin key, shown this once: lk_/);
    service.child.kill("SIGTERM");
    assert.equal(await service.exited, 0);
  });

  it("refuses an ADMIN_KEY that no header can carry, without repeating it", async () => {
    for (const adminKey of [
      `k\u00e4y ${"x".repeat(24)}`,
      ` ${"x".repeat(24)}`,
      `${"x".repeat(24)} `,
      "\u{1f511}".repeat(24),
    ]) {
      const refused = startServiceProcess({ DATABASE_URL: empty.url, ADMIN_KEY: adminKey });
      await assert.rejects(refused, (error: Error) => {
        assert.match(error.message, /ended with 1.*ADMIN_KEY: expected printable ASCII/s);
        assert.ok(!error.message.includes(adminKey));
        return true;
      });
    }
  });

  it("tells in one plain line that the port, the address, the data folder or the model can't be used, and exits with 1", async () => {
    const taken = await takePort();
    const cases = [
      [{ PORT: String(taken.port) }, `for PORT but received ${taken.port}: it is taken on 127.0.0.1`],
      [{ HOST: "192.0.2.1" }, "for HOST but received 192.0.2.1: "],
      [{ DATABASE_URL: "", DATA_DIR: process.execPath }, `for DATA_DIR but received ${process.execPath}: `],
      [{ MODEL_PATH: "/nowhere/model.onnx" }, "for MODEL_PATH but received /nowhere/model.onnx: "],
    ] as const;
    for (const [settings, expected] of cases) {
      const start = startServiceProcess({ DATABASE_URL: empty.url, LOG_LEVEL: "warn", ...settings });
      await assert.rejects(start, (error: Error) => {
        const log = /^The service ended with 1: (.*)\n$/s.exec(error.message)?.[1] ?? "";
        assert.equal(log.split("\n").length, 1, error.message);
        assert.match(log, /^Lookalike can't start: Expected /);
        assert.ok(log.includes(expected), log);
        return true;
      });
    }
    taken.server.close();
  });

  it("says which setting is wrong and exits with 1", async () => {
    await assert.rejects(startServiceProcess({ DATABASE_URL: empty.url, PORT: "seventy" }), /ended with 1.*PORT/s);
    await assert.rejects(startServiceProcess({ DATABASE_URL: empty.url, COMPAT: "myspace" }), /ended with 1.*COMPAT/s);
    await assert.rejects(
      startServiceProcess({ DATABASE_URL: empty.url, TRUST_PROXY: "maybe" }),
      /ended with 1.*TRUST_PROXY/s,
    );
  });
});
