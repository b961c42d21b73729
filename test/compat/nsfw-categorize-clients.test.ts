import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { missingProgram } from "../support/debian-program.ts";
import { fixturePath } from "../support/fixtures.ts";
import { listPicture } from "../support/list-pictures.ts";
import { type PictureOrigin, startPictureOrigin } from "../support/picture-origin.ts";
import { detailedPicture, flatPicture } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

const PHP = "/usr/bin/php";
const CLIENT = fileURLToPath(new URL("clients/nsfw-categorize.php", import.meta.url));
const sha1 = (bytes: Buffer) => createHash("sha1").update(bytes).digest("hex");

let service: TestService;
let pictures: PictureOrigin;
let folder: string;
before(async () => {
  service = await startService({ config: { freeCallsPerDay: 3, trustProxy: "1" } });
  pictures = await startPictureOrigin();
  folder = await mkdtemp(join(tmpdir(), "lookalike-categorize-"));
});
after(async () => {
  await pictures.close();
  await service.close();
  await rm(folder, { recursive: true });
});

async function onDisk(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** What the PHP class returns. */
async function php(key: string, call: "file" | "url" | "hash", argument: string, from = service): Promise<unknown> {
  const { stdout } = await promisify(execFile)(PHP, [CLIENT, `${from.url}/api`, key, call, argument]);
  return JSON.parse(stdout);
}

describe("the site's PHP class", { skip: missingProgram(PHP) }, () => {
  it("uploads a file, and a large one for which curl waits to be told that it may send it", async () => {
    const small = await readFile(fixturePath("Porn"));
    const { confidence, ...rest } = (await php(service.adminKey, "file", fixturePath("Porn"))) as {
      confidence: number;
    };
    assert.deepEqual(rest, { hash: sha1(small), classification: "porn", nsfw: true, porn: true });
    assert.ok(confidence > 50 && confidence <= 100);
    const large = await sharp(randomBytes(900 * 700 * 3), { raw: { width: 900, height: 700, channels: 3 } })
      .png()
      .toBuffer();
    assert.ok(large.length > 1_500_000);
    const data = (await php(service.adminKey, "file", await onDisk("large.png", large))) as { hash: string };
    assert.equal(data.hash, sha1(large));
  });

  it("uploads a URL that it appends as it is, the URL's own parameters included", async () => {
    const picture = await detailedPicture(621);
    const url = pictures.serve("/p.png?size=large&sig=a%2Fb", picture);
    assert.equal(((await php(service.adminKey, "url", url)) as { hash: string }).hash, sha1(picture));
  });

  it("finds the hash of what was analysed, and nothing for what wasn't", async () => {
    const picture = await detailedPicture(622);
    const uploaded = await php(service.adminKey, "file", await onDisk("known.png", picture));
    assert.deepEqual(await php("", "hash", sha1(picture)), uploaded);
    assert.equal(await php("", "hash", "0".repeat(40)), false);
    assert.equal(await php("", "hash", "no-hash"), false);
  });

  it("gets the hash back while another request is classifying the file", async () => {
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
      const picture = await detailedPicture(623);
      const upload = php(slow.adminKey, "file", await onDisk("pending.png", picture), slow);
      let answer = await php("", "hash", sha1(picture));
      for (let look = 0; answer === false && look < 200; look++) answer = await php("", "hash", sha1(picture));
      assert.equal(answer, sha1(picture));
      release();
      assert.equal(((await upload) as { hash: string }).hash, sha1(picture));
    } finally {
      release();
      await slow.close();
    }
  });

  it("returns false where the quota is used up, the file is no image or the URL leads nowhere", async () => {
    const { key } = await service.createKey({ name: "php", scopes: ["check"], quota: { limit: 1, period: "day" } });
    const text = await onDisk("text.png", Buffer.from("hello"));
    assert.equal(await php(key, "file", text), false);
    assert.equal(await php(key, "url", `${pictures.url}/nowhere`), false);
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 1);
    assert.notEqual(await php(key, "file", await onDisk("one.png", await detailedPicture(624))), false);
    assert.equal(await php(key, "file", await onDisk("two.png", await detailedPicture(625))), false);
  });
});

describe("bots", () => {
  /** An upload as the bots' axios and form-data send one: of unknown length, with the headers of the site's own page. */
  async function upload(image: Buffer): Promise<{ http: number | undefined; body: Record<string, unknown> }> {
    const boundary = "--------------------------805982371493275914836402";
    const outgoing = request(`${service.url}/api/upload`, {
      method: "POST",
      headers: {
        Accept: "application/json",
        "Content-Type": `multipart/form-data; boundary=${boundary}`,
        Origin: "https://nsfw-categorize.it",
        Referer: "https://nsfw-categorize.it/",
        "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",
        "x-requested-with": "XMLHttpRequest",
        "Accept-Encoding": "gzip, compress, deflate, br",
        "X-Forwarded-For": "203.0.113.21",
      },
    });
    outgoing.write(
      `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="nsfw_tmp_1.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`,
    );
    outgoing.write(image);
    outgoing.end(`\r\n--${boundary}--\r\n`);
    return await new Promise((resolve, reject) => {
      outgoing.on("error", reject).on("response", async (response) => {
        const body = JSON.parse(Buffer.concat(await response.toArray()).toString());
        resolve({ http: response.statusCode, body });
      });
    });
  }

  it("upload without a key and read classification and confidence, and the reason where there is none", async () => {
    const { http, body } = await upload(await readFile(fixturePath("Sexy")));
    assert.deepEqual([http, body.status], [200, "OK"]);
    const { classification, confidence, nsfw } = body.data as Record<string, unknown>;
    assert.deepEqual([classification, nsfw, typeof confidence], ["nsfw", true, "number"]);
    const failed = await upload(Buffer.from("no image"));
    assert.deepEqual(failed, { http: 200, body: { status: "ERR", reason: "File not a valid image" } });
  });
});

describe("the older call", () => {
  const old = async (url: string, key = service.adminKey) => {
    const response = await fetch(`${service.url}/api.php?url=${url}`, { headers: { NSFWKEY: key } });
    return { http: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it("answers the probability of porn in percent, for a URL that isn't escaped", async () => {
    for (const [name, isPorn] of [
      ["Porn", true],
      ["Hentai", true],
      ["Sexy", false],
      ["Neutral", false],
    ] as const) {
      const url = pictures.serve(`/old.png?name=${name}&x=1`, await readFile(fixturePath(name)));
      const { http, body } = await old(url);
      assert.deepEqual([http, body.status], [200, "OK"], name);
      const percent = Number(body.porn_probability);
      assert.ok(percent >= 0 && percent <= 100 && percent > 50 === isPorn, `${name}: ${percent}`);
    }
  });

  it("says 100 for what a list blocks and 0 for what one allows, on the very next request", async () => {
    const banned = await detailedPicture(626);
    const url = pictures.serve("/old-banned.png", banned);
    assert.ok(Number((await old(url)).body.porn_probability) < 50);
    await listPicture(service, { name: "old-banned" }, banned);
    const { body } = await old(url);
    assert.deepEqual([body.porn_probability, body.lookalike], [100, { verdict: "block", lists: ["old-banned"] }]);
    const allowed = await readFile(fixturePath("Porn"));
    await listPicture(service, { name: "old-allowed", kind: "allow" }, allowed);
    assert.equal((await old(pictures.serve("/old-allowed.png", allowed))).body.porn_probability, 0);
  });

  it("answers ERR and NOQUOTA with HTTP 200, as every call below /api that there isn't", async () => {
    assert.deepEqual(await old(`${pictures.url}/nowhere`), {
      http: 200,
      body: { status: "ERR", reason: "The url could not be downloaded" },
    });
    const { key } = await service.createKey({ name: "old", quota: { limit: 0, period: "day" } });
    const url = pictures.serve("/old-new.png", await flatPicture("#0a0b0c"));
    assert.equal((await old(url, key)).body.status, "NOQUOTA");
    for (const [method, path, reason] of [
      ["GET", "/api.php", "No image or url given"],
      ["POST", "/api.php", "No image or url given"],
      ["GET", "/api/v2/upload", "There is no such call"],
    ] as const) {
      const response = await fetch(service.url + path, { method });
      assert.deepEqual([response.status, await response.json()], [200, { status: "ERR", reason }], path);
    }
  });
});
