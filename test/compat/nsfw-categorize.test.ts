import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { fixturePath } from "../support/fixtures.ts";
import { type PictureOrigin, startPictureOrigin } from "../support/picture-origin.ts";
import { detailedPicture, flatPicture } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService, withSettings } from "../support/service.ts";

const run = promisify(execFile);

let service: TestService;
let origin: PictureOrigin;
let originUrl: string;
let folder: string;

before(async () => {
  service = await startService({ config: { freeCallsPerDay: 4, trustProxy: "1" } });
  folder = await mkdtemp(join(tmpdir(), "lookalike-curl-"));
  origin = await startPictureOrigin();
  originUrl = origin.url;
});
after(async () => {
  await origin.close();
  await service.close();
  await rm(folder, { recursive: true });
});

/** Runs curl as the vendor's page shows it and reads status and JSON. */
async function curl(...args: string[]): Promise<{ http: number; body: Record<string, never> }> {
  const { stdout } = await run("curl", ["-s", "-w", "\n%{http_code}", ...args]);
  const [json = "", http = ""] = stdout.split(/\n(?=\d+$)/);
  return { http: Number(http), body: JSON.parse(json) };
}

async function onDisk(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const sha1 = (bytes: Buffer) => createHash("sha1").update(bytes).digest("hex");
const from = (address: string) => ["-H", `X-Forwarded-For: ${address}`];

const curlMissing = spawnSync("curl", ["--version"]).status !== 0;

describe("nsfw-categorize.it", { skip: curlMissing && "10 cases need curl" }, () => {
  it("takes the page's curl line for an upload and answers its fields, both quotas among them", async () => {
    const { key } = await service.createKey({ name: "upload", quota: { limit: 4998, period: "none" } });
    const picture = await detailedPicture(601);
    const { http, body } = await curl(
      "-H",
      `NSFWKEY: ${key}`,
      "-F",
      `image=@${await onDisk("a.png", picture)}`,
      `${service.url}/api/upload`,
    );
    assert.equal(http, 200);
    assert.deepEqual(Object.keys(body), ["status", "data", "quota", "key_quota"]);
    assert.deepEqual([body.status, body.quota, body.key_quota], ["OK", 4997, 4997]);
    const data: Record<string, unknown> = body.data ?? {};
    assert.deepEqual(Object.keys(data), ["confidence", "hash", "classification", "nsfw", "porn"]);
    assert.equal(data.hash, sha1(picture));
    assert.ok(Number(data.confidence) > 33 && Number(data.confidence) <= 100);
    assert.equal(Math.round(Number(data.confidence) * 100) / 100, data.confidence);
  });

  it("tells porn, nsfw and neutral apart by the real model", async () => {
    for (const [name, classification, nsfw, porn] of [
      ["Porn", "porn", true, true],
      ["Hentai", "porn", true, true],
      ["Sexy", "nsfw", true, false],
      ["Neutral", "neutral", false, false],
      ["Drawing", "neutral", false, false],
    ] as const) {
      const { body } = await curl(
        "-H",
        `NSFWKEY: ${service.adminKey}`,
        "-F",
        `image=@${fixturePath(name)}`,
        `${service.url}/api/upload`,
      );
      const data: Record<string, unknown> = body.data ?? {};
      assert.deepEqual([data.classification, data.nsfw, data.porn], [classification, nsfw, porn], name);
      assert.equal(data.hash, sha1(await readFile(fixturePath(name))));
    }
  });

  it("takes a url as GET variable, unescaped too, and as POST variable", async () => {
    const { key } = await service.createKey({ name: "urls" });
    const picture = await detailedPicture(602);
    origin.serve("/qgDhTlX.jpg", picture);
    origin.serve("/p?a=1&b=2", picture);
    const url = `${originUrl}/qgDhTlX.jpg`;
    for (const args of [
      [`${service.url}/api/upload?url=${url}`],
      [`${service.url}/api/upload?url=${encodeURIComponent(url)}`],
      [`${service.url}/api/upload?url=${originUrl}/p?a=1&b=2`],
      ["-d", `url=${encodeURIComponent(url)}`, `${service.url}/api/upload`],
      ["-F", `url=${url}`, `${service.url}/api/upload`],
      ["-X", "POST", `${service.url}/api/upload?url=${url}`],
    ]) {
      const { http, body } = await curl("-H", `NSFWKEY: ${key}`, ...args);
      assert.deepEqual([http, body.status], [200, "OK"], args.join(" "));
      assert.equal((body.data as { hash?: string } | undefined)?.hash, sha1(picture));
    }
  });

  it("answers a hash that was analysed, and ERR for one that was not", async () => {
    const picture = await detailedPicture(603);
    const { key } = await service.createKey({ name: "hashes", quota: { limit: 3, period: "day" } });
    const uploaded = await curl(
      "-H",
      `NSFWKEY: ${key}`,
      "-F",
      `image=@${await onDisk("b.png", picture)}`,
      `${service.url}/api/upload`,
    );
    const found = await curl("-H", `NSFWKEY: ${key}`, `${service.url}/api/hash/${sha1(picture)}`);
    assert.deepEqual(found.body, uploaded.body);
    const unknown = await curl(`${service.url}/api/hash/${"0".repeat(40)}`);
    assert.deepEqual([unknown.http, unknown.body.status, typeof unknown.body.reason], [200, "ERR", "string"]);
    const malformed = await curl(`${service.url}/api/hash/xyz`);
    assert.deepEqual([malformed.http, malformed.body.status], [200, "ERR"]);
  });

  it("answers PENDING for a hash while another request is classifying it, and the result after", async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { workers } = service.context;
    // The real workers; they only get the image once the test says so.
    const held = Object.assign(Object.create(workers) as typeof workers, {
      fingerprint: async (...args: Parameters<typeof workers.fingerprint>) => {
        await released;
        return await workers.fingerprint(...args);
      },
    });
    const slow = await startService({ databaseUrl: service.databaseUrl, workers: held });
    try {
      const picture = await detailedPicture(604);
      const hash = sha1(picture);
      const upload = curl(
        "-H",
        `NSFWKEY: ${slow.adminKey}`,
        "-F",
        `image=@${await onDisk("p.png", picture)}`,
        `${slow.url}/api/upload`,
      );
      let answer = await curl(`${service.url}/api/hash/${hash}`);
      for (let look = 0; answer.body.status !== "PENDING" && look < 500; look++) {
        answer = await curl(`${service.url}/api/hash/${hash}`);
      }
      assert.deepEqual(answer, { http: 200, body: { status: "PENDING", data: { hash } } });
      release();
      assert.equal((await upload).body.status, "OK");
      assert.equal((await curl(`${service.url}/api/hash/${hash}`)).body.status, "OK");
    } finally {
      release();
      await slow.close();
    }
  });

  it("charges by its cost table: a key 1, 0 and 0; no key 1, 1 and 0", async () => {
    const { key } = await service.createKey({ name: "costs", quota: { limit: 10, period: "day" } });
    const picture = await flatPicture("#123123");
    const upload = ["-F", `image=@${await onDisk("c.png", picture)}`, `${service.url}/api/upload`];
    const hash = `${service.url}/api/hash/${sha1(picture)}`;
    const keyed = ["-H", `NSFWKEY: ${key}`];
    const quotas: unknown[] = [];
    for (const args of [upload, upload, [hash]]) quotas.push((await curl(...keyed, ...args)).body.quota);
    assert.deepEqual(quotas, [9, 9, 9]);
    const free: unknown[] = [];
    for (const args of [upload, upload, [hash]]) free.push((await curl(...from("203.0.113.5"), ...args)).body.quota);
    assert.deepEqual(free, [3, 2, 2]);
  });

  it("uses the free quota where the key is not valid", async () => {
    const picture = await flatPicture("#321321");
    const { body } = await curl(
      ...from("203.0.113.6"),
      "-H",
      "NSFWKEY: not-a-key",
      "-F",
      `image=@${await onDisk("d.png", picture)}`,
      `${service.url}/api/upload`,
    );
    assert.deepEqual([body.status, body.quota], ["OK", 3]);
  });

  it("answers NOQUOTA with HTTP 200 where the quota is used up, and still answers hashes", async () => {
    const { key } = await service.createKey({ name: "empty", quota: { limit: 0, period: "none" } });
    const picture = await onDisk("e.png", await flatPicture("#aabb01"));
    const { http, body } = await curl("-H", `NSFWKEY: ${key}`, "-F", `image=@${picture}`, `${service.url}/api/upload`);
    assert.equal(http, 200);
    assert.deepEqual(Object.keys(body), ["status", "reason"]);
    assert.equal(body.status, "NOQUOTA");
    const upload = ["-F", `image=@${picture}`, `${service.url}/api/upload`];
    const statuses: unknown[] = [];
    for (let call = 0; call < 5; call++) statuses.push((await curl(...from("203.0.113.7"), ...upload)).body.status);
    assert.deepEqual(statuses, ["OK", "OK", "OK", "OK", "NOQUOTA"]);
  });

  it("answers ERR with a reason and HTTP 200 for what is no image, and charges nothing", async () => {
    const { key } = await service.createKey({ name: "errors", quota: { limit: 2, period: "day" } });
    const keyed = ["-H", `NSFWKEY: ${key}`];
    const text = await onDisk("f.txt", Buffer.from("hello"));
    const bad = await curl(...keyed, "-F", `image=@${text}`, `${service.url}/api/upload`);
    assert.deepEqual([bad.http, bad.body], [200, { status: "ERR", reason: "File not a valid image" }]);
    for (const args of [
      ["-X", "POST", `${service.url}/api/upload`],
      [`${service.url}/api/upload`],
      [`${service.url}/api/upload?url=nonsense`],
      [`${service.url}/api/upload?url=${originUrl}/missing`],
    ]) {
      const { http, body } = await curl(...keyed, ...args);
      assert.deepEqual([http, body.status], [200, "ERR"], args.join(" "));
    }
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 2);
  });

  it("can be switched off", async () => {
    await withSettings(service, { compat: [] }, async (off) => {
      assert.equal((await fetch(`${off.url}/api/upload`)).status, 404);
    });
  });
});
