import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { missingProgram } from "../support/debian-program.ts";
import { type PictureOrigin, startPictureOrigin } from "../support/picture-origin.ts";
import { detailedPicture, shrunkCopy } from "../support/pictures.ts";
import type { WireAnswer } from "../support/raw-exchange.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";
import { coopClient } from "./clients/hma-coop.ts";
import { gemClient, policyservClient } from "./clients/hma-wire.ts";

const run = promisify(execFile);

let service: TestService;
let origin: PictureOrigin;
let folder: string;
let curator: { key: string; id: string; secret: string };

before(async () => {
  service = await startService();
  curator = await service.createKey({ name: "curator", scopes: ["check", "lists"] });
  folder = await mkdtemp(join(tmpdir(), "lookalike-hma-"));
  origin = await startPictureOrigin();
});
after(async () => {
  await origin.close();
  await service.close();
  await rm(folder, { recursive: true });
});

/** Serves a picture and gives its URL. */
function serve(path: string, bytes: Buffer): string {
  return origin.serve(path, bytes);
}

function withCredentials(username: string, password: string): string {
  return service.url.replace("http://", `http://${username}:${password}@`);
}

/** What the native API hashes a picture to. */
async function nativePdq(bytes: Buffer): Promise<string> {
  const { body } = await ask(service, "POST", "/v1/images/check", { body: bytes });
  return body.fingerprint.pdq;
}

describe("Coop's calls", () => {
  const withKey = () => coopClient(`${service.url}/hma/${curator.key}/`);

  it("make a bank, fill it by URL and by file, and find a copy by the very next call, with // in every path", async () => {
    const coop = withKey();
    const created = await coop.createBank("abcdef12345", "Test Bank #1", 1);
    assert.deepEqual([created.status, created.hmaName], [201, "COOP_ABCDEF12345_TEST_BANK_1"]);
    const [one, two] = [await detailedPicture(9101), await detailedPicture(9102)];
    const copies = [serve("/one-small.jpg", await shrunkCopy(one)), serve("/two-small.jpg", await shrunkCopy(two))];
    assert.deepEqual(await coop.matchedBanks(copies[0] ?? "", [created.hmaName]), []);

    const byUrl = await coop.addUrl(created.hmaName, serve("/one.png", one));
    assert.deepEqual(byUrl.body, { id: byUrl.body.id, signals: { pdq: await nativePdq(one) } });
    assert.deepEqual(await coop.matchedBanks(copies[0] ?? "", [created.hmaName, "OTHER"]), [created.hmaName]);

    assert.deepEqual(await coop.matchedBanks(copies[1] ?? "", [created.hmaName]), []);
    const byFile = await coop.addFile(created.hmaName, "photo", new Blob([two], { type: "image/png" }));
    assert.deepEqual([byFile.status, byFile.body.signals.pdq], [200, await nativePdq(two)]);
    assert.deepEqual(await coop.matchedBanks(copies[1] ?? "", [created.hmaName]), [created.hmaName]);
  });

  it("switch a bank off and on by its ratio, find no exchange behind it, and learn by 404 that it is gone", async () => {
    const coop = withKey();
    const { hmaName } = await coop.createBank("org", "switches", 0);
    const url = serve("/switch.png", await detailedPicture(9103));
    await coop.addUrl(hmaName, url);
    assert.deepEqual(await coop.matchedBanks(url, [hmaName]), []);
    assert.equal((await coop.setRatio(hmaName, 1)).body.matching_enabled_ratio, 1);
    assert.deepEqual(await coop.matchedBanks(url, [hmaName]), [hmaName]);
    assert.equal((await coop.setRatio(hmaName, 0)).body.matching_enabled_ratio, 0);
    assert.deepEqual(await coop.matchedBanks(url, [hmaName]), []);
    // Its form has a slider between them, in steps of 5 %.
    const some = await coop.createBank("org", "some", 0.35);
    assert.deepEqual([some.status, some.body.matching_enabled_ratio], [201, 0.35]);
    assert.equal((await coop.setRatio(hmaName, 0.5)).body.matching_enabled_ratio, 0.5);

    assert.equal((await coop.getExchange(hmaName)).status, 404);
    assert.deepEqual((await coop.exchangeApis()).body, []);
    assert.equal((await coop.getBank(hmaName)).status, 200);
    assert.deepEqual((await coop.deleteBank(hmaName)).body, { message: "Done" });
    assert.equal((await coop.getBank(hmaName)).status, 404);
  });

  it("rename a bank in place, which keeps its content and where that came from", async () => {
    const coop = withKey();
    const { hmaName } = await coop.createBank("org", "reported", 1);
    const url = serve("/reported.png", await detailedPicture(9105));
    const added = await coop.addReported(hmaName, url, "item-1");
    assert.equal(added.status, 200, JSON.stringify(added.body));
    const renamed = await coop.renameBank(hmaName, "COOP_ORG_REPORTED_MEDIA");
    assert.deepEqual([renamed.status, renamed.body.name], [200, "COOP_ORG_REPORTED_MEDIA"]);
    assert.deepEqual(await coop.matchedBanks(url, [hmaName, "COOP_ORG_REPORTED_MEDIA"]), ["COOP_ORG_REPORTED_MEDIA"]);
    const path = `/c/bank/COOP_ORG_REPORTED_MEDIA/content/${added.body.id}`;
    const { body } = await ask(service, "GET", path, { key: curator.key });
    assert.deepEqual(body.metadata, {
      content_id: "type:item-1",
      content_uri: null,
      json: { source: "ncmec_report", orgId: "org", itemId: "item-1" },
      collab: null,
    });
  });

  it("hash and look up without any key, and may not curate", async () => {
    const coop = coopClient(`${service.url}/`);
    const picture = await detailedPicture(9104);
    const hashed = await coop.hashUrl(serve("/anonymous.png", picture));
    assert.deepEqual(hashed.body, { pdq: await nativePdq(picture) });
    assert.deepEqual((await coop.lookUp("pdq", hashed.body.pdq)).body, {});
    const refused = await coop.createBank("org", "no key", 1);
    assert.equal(refused.status, 401);
    assert.match(refused.body.message, /^Authentication required/);
  });
});

describe("the Ruby gem's requests, byte for byte", () => {
  const json = (answer: WireAnswer) => JSON.parse(answer.body);

  it("create a bank and read it, with the ratio as the floating-point number that its types demand", async () => {
    const gem = gemClient(withCredentials(curator.id, curator.secret));
    const body = Buffer.from('{"name":"GEM_BANK","enabled":"true","matching_enabled_ratio":1.0}');
    const created = await gem.post("/c/banks", body, "application/json");
    assert.equal(created.status, 201);
    assert.equal(created.body, '{"matching_enabled_ratio":1.0,"name":"GEM_BANK"}');
    assert.equal((await gem.get("/c/bank/GEM_BANK")).body, created.body);
    const again = await gem.post("/c/banks", body, "application/json");
    assert.equal(again.status, 403);
    assert.match(json(again).message, /already exists/);
    const missing = await gem.get("/c/bank/NON_EXISTENT_BANK");
    assert.deepEqual([missing.status, json(missing)], [404, { message: "bank 'NON_EXISTENT_BANK' not found" }]);
  });

  it("bank a file with metadata and a URL without a body, and look files, URLs and signals up", async () => {
    const gem = gemClient(withCredentials(curator.id, curator.secret));
    await gem.post("/c/banks", Buffer.from('{"name":"GEM_CONTENT"}'), "application/json");
    const [one, two] = [await detailedPicture(9110), await detailedPicture(9111)];
    const metadata = {
      content_id: "test-content-123",
      content_uri: "https://example.com/original-image.jpg",
      json: { source: "test", priority: "high" },
    };
    const byFile = await gem.postFile("/c/bank/GEM_CONTENT/content", "photo", one, metadata);
    const pdq = await nativePdq(one);
    const { id } = json(byFile);
    assert.deepEqual([byFile.status, json(byFile)], [200, { id, signals: { pdq } }]);
    const kept = json(await gem.get(`/c/bank/GEM_CONTENT/content/${id}`)).metadata;
    assert.deepEqual(kept, { ...metadata, collab: null });

    const url = serve("/gem.png", two);
    const query = new URLSearchParams({ content_type: "photo", metadata: JSON.stringify(metadata), url });
    const byUrl = await gem.post(`/c/bank/GEM_CONTENT/content?${query}`, Buffer.alloc(0), null);
    assert.deepEqual([byUrl.status, json(byUrl).signals], [200, { pdq: await nativePdq(two) }]);
    const fetched = json(await gem.get(`/c/bank/GEM_CONTENT/content/${json(byUrl).id}`));
    assert.equal(fetched.original_media_uri, url);

    const found = { GEM_CONTENT: [{ bank_content_id: id, distance: "0" }] };
    assert.deepEqual(json(await gem.get("/m/lookup", { signal: pdq, signal_type: "pdq" })), found);
    assert.deepEqual(json(await gem.postFile("/m/lookup", "photo", one)), { pdq: found });
    assert.deepEqual(json(await gem.get("/m/lookup", { url: serve("/gem-one.png", one), types: "pdq" })), {
      pdq: found,
    });
    const raw = { signal: pdq, signal_type: "pdq", include_distance: "false" };
    assert.deepEqual(json(await gem.get("/m/raw_lookup", raw)), { matches: [id] });
    assert.deepEqual(json(await gem.get("/m/raw_lookup", { ...raw, include_distance: "true" })), {
      matches: [{ bank_content_id: id, distance: "0" }],
    });
    const foreign = await gem.postFile("/c/bank/GEM_CONTENT/content", "photo", two, { source: "test" });
    assert.equal(foreign.status, 400);
    assert.match(json(foreign).message, /^Invalid metadata/);
  });

  it("hash files and URLs, and answer a copy's distance as text", async () => {
    const gem = gemClient(withCredentials(curator.id, curator.secret));
    await gem.post("/c/banks", Buffer.from('{"name":"GEM_COPIES"}'), "application/json");
    const picture = await detailedPicture(9112);
    const copy = await shrunkCopy(picture, 0.3, 50);
    const banked = json(await gem.postFile("/c/bank/GEM_COPIES/content", "photo", picture));
    const { pdq } = json(await gem.postFile("/h/hash", "photo", copy));
    assert.deepEqual(json(await gem.get("/h/hash", { content_type: "photo", url: serve("/copy.jpg", copy) })), { pdq });
    const distance = String(hammingDistance(pdq, banked.signals.pdq));
    const matches = { GEM_COPIES: [{ bank_content_id: banked.id, distance }] };
    assert.deepEqual(json(await gem.postFile("/m/lookup", "photo", copy)), { pdq: matches });
    assert.deepEqual(json(await gem.get("/m/lookup", { signal: pdq, signal_type: "pdq" })), matches);
  });

  it("learn from /status that the service is alive, without credentials", async () => {
    const answer = await gemClient(service.url).get("/status");
    assert.deepEqual([answer.status, answer.body], [200, "I-AM-ALIVE"]);
  });

  it("are refused an exchange, of which HMA says that it has none of that type", async () => {
    const gem = gemClient(withCredentials(curator.id, curator.secret));
    const body = Buffer.from('{"api":"sample","bank":"NEW_BANK_NAME","api_json":{}}');
    const refused = await gem.post("/c/exchanges", body, "application/json");
    assert.deepEqual([refused.status, json(refused)], [400, { message: "No such exchange type 'sample'" }]);
    assert.equal((await gem.get("/c/exchanges/api/ncmec")).status, 400);
  });
});

describe("policyserv's requests, byte for byte", () => {
  /** Its scan: the file is hashed, each signal looked up, and the names of the banks are all that is read. */
  async function scan(field: "photo" | "video", file: Buffer): Promise<string[]> {
    const policyserv = policyservClient(service.url, curator.key);
    const hashed = await policyserv.postFile("/h/hash", field, file);
    assert.equal(hashed.status, 200, hashed.body);
    const names: string[] = [];
    for (const [signal_type, signal] of Object.entries<string>(JSON.parse(hashed.body))) {
      const { body } = await policyserv.get("/m/lookup", { signal_type, signal });
      names.push(...Object.keys(JSON.parse(body)));
    }
    return names;
  }

  it("find photos by PDQ and videos by MD5", async () => {
    const bank = { name: "SCANNED" };
    assert.equal((await ask(service, "POST", "/c/banks", { key: curator.key, body: bank })).status, 201);
    const photo = await detailedPicture(9120);
    const video = Buffer.from("not decoded at all");
    assert.deepEqual([await scan("photo", photo), await scan("video", video)], [[], []]);
    const form = new FormData();
    form.append("photo", new Blob([await shrunkCopy(photo)]), "x");
    assert.equal((await ask(service, "POST", "/c/bank/SCANNED/content", { key: curator.key, body: form })).status, 200);
    const video_md5 = createHash("md5").update(video).digest("hex").toUpperCase();
    const signal = await ask(service, "POST", "/c/bank/SCANNED/signal", { key: curator.key, body: { video_md5 } });
    assert.deepEqual(signal.body.signals, { video_md5: video_md5.toLowerCase() });
    assert.deepEqual([await scan("photo", photo), await scan("video", video)], [["SCANNED"], ["SCANNED"]]);
  });
});

const PYTHON = "/usr/bin/python3";
const REQUESTS = "/usr/lib/python3/dist-packages/requests/__init__.py";
const noRequests = missingProgram(PYTHON) || missingProgram(REQUESTS);

describe("Python's requests", { skip: noRequests }, () => {
  it("get from every call of HMA's own tests and scripts what HMA answers", async () => {
    const picture = await detailedPicture(9130);
    const file = join(folder, "picture.png");
    await writeFile(file, picture);
    const script = fileURLToPath(new URL("./clients/hma_requests.py", import.meta.url));
    const url = serve("/p.jpg?raw=true", picture);
    const { stdout } = await run(PYTHON, [script, withCredentials(curator.id, curator.secret), file, url]);
    const seen = JSON.parse(stdout) as Record<string, [number, never]>;

    const pdq = await nativePdq(picture);
    const [, { id }] = seen["bank file"] as unknown as [number, { id: number }];
    const bank = { name: "MY_TEST_BANK_01", matching_enabled_ratio: 1 };
    const message = (text: string) => ({ message: text });
    const badName = message("Bank names must be UPPER_WITH_UNDERSCORE");
    const content = { bank, id, disable_until_ts: 1, original_media_uri: null };
    const changed = { ...content, collab_metadata: {}, user_metadata: null };
    const found = { MY_TEST_BANK_01: [{ bank_content_id: id, distance: "0" }] };
    const late = message("disable_until_ts must be less than 5 years in the future");
    const { site_map: siteMap, banks, "get deleted": getDeleted, "bad metadata": badMetadata, ...others } = seen;
    assert.deepEqual(others, {
      status: [200, "I-AM-ALIVE"],
      live: [200, "I-AM-ALIVE"],
      "create 01_TEST_BANK": [400, badName],
      "create my_test_bank": [400, badName],
      "create MY_TEST_BANK_01": [201, bank],
      "create again": [403, message("Bank already exists")],
      bank: [200, bank],
      "no bank": [404, message("bank 'NEW_BANK' not found")],
      "bank file": [200, { id, signals: { pdq } }],
      "hash bytes": [200, { pdq }],
      "hash video": [200, { video_md5: createHash("md5").update(picture).digest("hex") }],
      "hash url": [200, { pdq }],
      "hash url as photo": [200, { pdq }],
      // The same picture: the entry that is there.
      "bank url": [200, { id, signals: { pdq } }],
      "raw lookup": [200, { matches: [{ bank_content_id: id, distance: "0" }] }],
      "raw lookup in no bank": [200, { matches: [] }],
      lookup: [200, found],
      "lookup url": [200, { pdq: found }],
      "lookup url by type": [200, found],
      "lookup file": [200, { pdq: found }],
      compare: [200, { pdq: [true, { distance: 9 }] }],
      "bad compare 0": [400, message("Request input was not a dict")],
      "bad compare 1": [400, message("Comparison hashes for pdq was not a list")],
      "bad compare 2": [400, message("Comparison hash list length must be exactly 2")],
      "bad compare 3": [400, message("Invalid pdq hash: invalid PDQ hash")],
      "bad compare 4": [400, message("Comparison hash list length must be exactly 2")],
      note: [200, { ...changed, note: "Reported by user X" }],
      get: [200, { ...content, signals: { pdq }, note: "Reported by user X" }],
      "clear note": [200, { ...changed, note: null }],
      "too late": [400, late],
      "delete content": [200, { deleted: 1 }],
      "delete content again": [200, { deleted: 0 }],
      "no exchange": [404, message("Exchange 'NONEXISTENT_EXCHANGE' not found")],
      "delete bank": [200, message("Done")],
      "delete bank again": [200, message("Done")],
    });
    assert.match(JSON.stringify(banks), /"MY_TEST_BANK_01"/);
    assert.equal(getDeleted?.[0], 404);
    assert.equal(badMetadata?.[0], 400);
    assert.ok(["/h/hash", "/m/lookup", "/c/bank/<bank_name>"].every((rule) => JSON.stringify(siteMap).includes(rule)));
  });
});

const noCurl = missingProgram("/usr/bin/curl");

describe("the curl lines of HMA's page", { skip: noCurl }, () => {
  it("hash and look up", async () => {
    const picture = await detailedPicture(9140);
    const file = join(folder, "example.png");
    await writeFile(file, picture);
    const key = ["-H", `Authorization: Bearer ${curator.key}`];
    const curl = async (...args: string[]) => JSON.parse((await run("curl", ["-s", ...key, ...args])).stdout);
    const pdq = await nativePdq(picture);
    const url = serve("/example.png", picture);
    assert.deepEqual(await curl("-X", "GET", `${service.url}/h/hash?url=${url}`), { pdq });
    assert.deepEqual(await curl("-X", "POST", "--form", `photo=@${file}`, `${service.url}/h/hash`), { pdq });
    const lookup = `${service.url}/m/lookup?bypass_coinflip=false`;
    assert.deepEqual(await curl("-X", "POST", "--form", `photo=@${file}`, lookup), { pdq: {} });
    assert.deepEqual(await curl("-X", "GET", `${service.url}/m/lookup?signal_type=pdq&signal=${pdq}`), {});
  });
});
