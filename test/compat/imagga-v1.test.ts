import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import { after, before, describe, it } from "node:test";
import { assertCleanError } from "../support/clean-error.ts";
import { fixture } from "../support/fixtures.ts";
import { askImagga, fileForm, type ImaggaAnswer } from "../support/imagga.ts";
import { type PictureOrigin, startPictureOrigin } from "../support/picture-origin.ts";
import { detailedPicture, flatPicture } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

const NSFW = "/v1/categorizations/nsfw_beta";
const FAILED = "An error prevented image from being categorized. Please try again.";
const NO_QUOTA = "You have reached your monthly limits for this subscription.";

let service: TestService;
let origin: PictureOrigin;
let key: { id: string; key: string; secret: string };
before(async () => {
  service = await startService();
  origin = await startPictureOrigin();
  key = await service.createKey({ name: "v1" });
});
after(async () => {
  await origin.close();
  await service.close();
});

const categorize = (images: [name: string, value: string][], by = key) =>
  askImagga(service, by, "GET", `${NSFW}?${new URLSearchParams(images)}`);
const remaining = async (of: { key: string }) =>
  (await ask(service, "GET", "/v1/quota", { key: of.key })).body.remaining;
const newKey = (limit: number) => service.createKey({ name: "limited", quota: { limit, period: "day" } });

async function upload(picture: Buffer, by = key): Promise<string> {
  const { body } = await askImagga(service, by, "POST", "/v1/content", fileForm({ image: picture }));
  return body.uploaded[0].id;
}

/** The page calls the text `reason`, answers that were recorded later `message`. */
const failed = (text: string, image: string | undefined) => ({ reason: text, image, message: text });

function assertError(answer: ImaggaAnswer, status: number, about = /./): void {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.equal(answer.headers.get("content-type"), "application/json");
  assert.deepEqual(Object.keys(answer.body), ["status", "message"]);
  assert.equal(answer.body.status, "error", "not an object as in v2: clients compare it with this word");
  assert.match(answer.body.message, about);
}

describe("Imagga v1 content", () => {
  it("takes files under any field names, several at once, and answers id and file name of each in their order", async () => {
    const [a, b] = [await fixture("Porn"), await fixture("Neutral")];
    const form = new FormData();
    form.append("first.png", new Blob([new Uint8Array(a)]), "first.png");
    form.append("first.png", new Blob([new Uint8Array(b)]), "second one.png");
    form.append("ключ", new Blob([new Uint8Array(a)]), "третий.png");
    form.append("note", "a text field");
    const { status, headers, body } = await askImagga(service, key, "POST", "/v1/content", form);
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), "application/json");
    assert.deepEqual(Object.keys(body), ["status", "uploaded"]);
    assert.equal(body.status, "success");
    const names = body.uploaded.map((each: { filename: string }) => each.filename);
    assert.deepEqual(names, ["first.png", "second one.png", "третий.png"]);
    const ids: string[] = body.uploaded.map((each: { id: string }) => each.id);
    for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
    const found = await categorize(ids.map((id) => ["content", id]));
    assert.deepEqual(
      found.body.results.map(({ image, categories }: { image: string; categories: { name: string }[] }) => [
        image,
        categories[0]?.name,
      ]),
      [
        [ids[0], "nsfw"],
        [ids[1], "safe"],
        [ids[2], "nsfw"],
      ],
    );
  });

  it("answers 400 without a file, and takes ten and no more", async () => {
    const noFile = /^No valid files received for uploading\.$/;
    assertError(await askImagga(service, key, "POST", "/v1/content", new FormData()), 400, noFile);
    assertError(await askImagga(service, key, "POST", "/v1/content"), 400, noFile);
    const files = (count: number) =>
      fileForm(Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, Buffer.from(`file ${i}`)])));
    const ten = await askImagga(service, key, "POST", "/v1/content", files(10));
    assert.equal(ten.body.uploaded.length, 10);
    assertError(await askImagga(service, key, "POST", "/v1/content", files(11)), 400);
  });

  it("deletes by DELETE, with 404 for what never was and for another key's", async () => {
    const id = await upload(await flatPicture("#740100"));
    const other = await service.createKey({ name: "other" });
    assertError(await askImagga(service, other, "DELETE", `/v1/content/${id}`), 404);
    assertError(await askImagga(service, key, "DELETE", `/v1/content/${"0".repeat(32)}`), 404);
    const deleted = await askImagga(service, key, "DELETE", `/v1/content/${id}/`);
    assert.deepEqual([deleted.status, deleted.body], [200, { status: "success" }]);
    const late = await categorize([["content", id]]);
    assert.equal(late.status, 200);
    assert.deepEqual(late.body, {
      results: [],
      unsuccessful: [failed("The content was deleted, or its 24 hours are over. Upload it again.", id)],
    });
  });
});

describe("Imagga v1 categorizations", () => {
  it("answers results with plain names, unrounded confidence, the highest first, and no unsuccessful", async () => {
    for (const [label, name] of [
      ["Porn", "nsfw"],
      ["Sexy", "underwear"],
      ["Drawing", "safe"],
    ] as const) {
      const url = origin.serve(`/${label}.png`, await fixture(label));
      const { status, headers, body } = await categorize([["url", url]]);
      assert.equal(status, 200);
      assert.equal(headers.get("content-type"), "application/json");
      assert.deepEqual(Object.keys(body), ["results"], "unsuccessful is absent where it is empty");
      const [{ image, categories }] = body.results;
      assert.equal(image, url);
      assert.equal(categories[0].name, name);
      const confidences: number[] = categories.map((each: { confidence: number }) => each.confidence);
      assert.ok(confidences.every((confidence) => confidence > 0 && confidence <= 100));
      assert.deepEqual(
        confidences,
        confidences.toSorted((left, right) => right - left),
      );
    }
  });

  it("names are plain without a language, and one for each where there is one", async () => {
    const id = await upload(await fixture("Neutral"));
    const name = async (query: string) =>
      (await askImagga(service, key, "GET", `${NSFW}/?content=${id}${query}`)).body.results[0].categories[0].name;
    assert.equal(await name(""), "safe");
    assert.deepEqual(await name("&language=de"), { de: "sicher" });
    assert.deepEqual(await name("&language=en&language=bg,fr"), { en: "safe", bg: "безопасно", fr: "sûr" });
    assertError(await askImagga(service, key, "GET", `${NSFW}?content=${id}&language=%00`), 400, /language/);
  });

  it("goes on where one fails: each is charged on its own, what fails not at all", async () => {
    const limited = await newKey(10);
    const [a, b] = [await detailedPicture(7401), await detailedPicture(7402)];
    const urlA = origin.serve("/a.png", a);
    const missing = `${origin.url}/missing.png`;
    const text = origin.serve("/text.png", Buffer.from("hello"));
    const id = await upload(b, limited);
    const unknown = "0".repeat(32);
    const images: [string, string][] = [
      ["url", missing],
      ["url", urlA],
      ["content", unknown],
      ["content", id],
      ["url", text],
      ["url", urlA],
      ["url", "nonsense"],
    ];
    const { status, body } = await categorize(images, limited);
    assert.equal(status, 200);
    assert.deepEqual(
      body.results.map((each: { image: string }) => each.image),
      [urlA, id, urlA],
    );
    assert.deepEqual(body.results[0], body.results[2]);
    assert.deepEqual(body.unsuccessful, [
      failed(FAILED, missing),
      failed("There is no such content.", unknown),
      failed(FAILED, text),
      failed(FAILED, "nonsense"),
    ]);
    assert.equal(await remaining(limited), 8, "two new images, one repeat, four failures");
    await categorize(images, limited);
    assert.equal(await remaining(limited), 8, "all repeats");
  });

  it("answers 200 with empty results where every image fails for a reason of its own", async () => {
    const text = origin.serve("/all-bad.png", Buffer.from("hello"));
    const { status, body } = await categorize([
      ["url", text],
      ["url", `${origin.url}/nothing.png`],
    ]);
    assert.equal(status, 200);
    assert.deepEqual(body, {
      results: [],
      unsuccessful: [failed(FAILED, text), failed(FAILED, `${origin.url}/nothing.png`)],
    });
  });

  it("gives what is left of the quota to the first images, exactly, and what a failed one had to the next", async () => {
    const limited = await newKey(2);
    const urls: string[] = [];
    for (let i = 0; i < 4; i++) urls.push(origin.serve(`/quota-${i}.png`, await detailedPicture(7410 + i)));
    // It is decoded only after it has taken a unit.
    const broken = origin.serve("/broken.png", (await detailedPicture(7420)).subarray(0, 9000));
    const images = [broken, ...urls].map((url): [string, string] => ["url", url]);
    const { status, body } = await categorize(images, limited);
    assert.equal(status, 200);
    assert.deepEqual(
      body.results.map((each: { image: string }) => each.image),
      urls.slice(0, 2),
    );
    assert.deepEqual(body.unsuccessful, [failed(FAILED, broken), failed(NO_QUOTA, urls[2]), failed(NO_QUOTA, urls[3])]);
    assert.equal(await remaining(limited), 0);
    const repeats = await categorize(images.slice(0, 4), limited);
    assert.deepEqual(
      repeats.body.results.map((each: { image: string }) => each.image),
      urls.slice(0, 2),
      "repeats cost nothing and go on",
    );
  });

  it("fetches five URLs at a time, and all of them in the end", async () => {
    const picture = await flatPicture("#740800");
    const held: ServerResponse[] = [];
    let isOpen = false;
    const gate = createServer((_, response) => {
      if (isOpen) response.end(picture);
      else held.push(response);
    });
    await new Promise<void>((resolve) => gate.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = gate.address() as { port: number };
      const asked = categorize(Array.from({ length: 10 }, (_, i) => ["url", `http://127.0.0.1:${port}/${i}`]));
      for (let look = 0; look < 500 && held.length < 5; look++) await remaining(key);
      await remaining(key);
      assert.equal(held.length, 5);
      isOpen = true;
      for (const response of held) response.end(picture);
      const { body } = await asked;
      assert.equal(body.results.length, 10, JSON.stringify(body.unsuccessful));
    } finally {
      gate.closeAllConnections();
      gate.close();
    }
  });

  it("answers 403 in the vendor's words where nothing could be done for want of quota", async () => {
    const empty = await newKey(0);
    const url = origin.serve("/new.png", await detailedPicture(7430));
    const answer = await categorize(
      [
        ["url", `${origin.url}/nothing.png`],
        ["url", url],
      ],
      empty,
    );
    assert.deepEqual(
      [answer.status, answer.body],
      [403, { status: "error", message: NO_QUOTA, type: "monthly_limit_reached" }],
    );
    assert.ok(Number(answer.headers.get("retry-after")) > 0);
  });

  it("takes ten images in one request and no more, and wants one at least", async () => {
    const url = origin.serve("/ten.png", await flatPicture("#740900"));
    const id = await upload(await flatPicture("#740900"));
    const of = (urls: number, contents: number): [string, string][] => [
      ...Array.from({ length: urls }, (): [string, string] => ["url", url]),
      ...Array.from({ length: contents }, (): [string, string] => ["content", id]),
    ];
    const ten = await categorize(of(6, 4));
    assert.equal(ten.body.results.length, 10);
    for (const images of [of(11, 0), of(0, 11), of(6, 5), of(0, 0), of(0, 0).concat([["url", ""]])]) {
      assertError(await categorize(images), 400, /1 to 10/);
    }
  });

  it("splits an unescaped URL at its first &, as the vendor does", async () => {
    const url = origin.serve("/split.png?a=1", await flatPicture("#741000"));
    const { body } = await askImagga(service, key, "GET", `${NSFW}?url=${url}&b=2&language=en`);
    assert.equal(body.results[0].image, url);
    assert.deepEqual(body.results[0].categories[0].name, { en: "safe" });
  });

  it("adds what the lists say to each result", async () => {
    const picture = await detailedPicture(7440);
    await ask(service, "POST", "/v1/lists", { body: { name: "v1-banned" } });
    await ask(service, "POST", "/v1/lists/v1-banned/entries", { body: picture });
    const banned = await upload(picture);
    const other = await upload(await detailedPicture(7441));
    const { body } = await categorize([
      ["content", banned],
      ["content", other],
    ]);
    assert.deepEqual(body.results[0].lookalike, { verdict: "block", lists: ["v1-banned"] });
    assert.equal("lookalike" in body.results[1], false);
  });

  it("serves adult_content too, and lists both as a bare array", async () => {
    const id = await upload(await fixture("Porn"));
    const adult = await askImagga(service, key, "GET", `/v1/categorizations/adult_content?content=${id}`);
    assert.equal(adult.body.results[0].categories[0].name, "explicit");
    assertError(await askImagga(service, key, "GET", `/v1/categorizations/personal_photos?content=${id}`), 404);
    assert.deepEqual((await askImagga(service, key, "GET", "/v1/categorizers")).body, [
      { id: "nsfw_beta", labels: ["safe", "underwear", "nsfw"], title: "NSFW Beta" },
      { id: "adult_content", labels: ["safe", "suggestive", "explicit"], title: "Adult Content" },
    ]);
  });
});

describe("Imagga v1 beside the native API", () => {
  it("answers on its own paths in the vendor's shape, on every other below /v1 as the native API does", async () => {
    for (const path of ["/v1/content/a/b", "/v1/categorizations", "/v1/categorizers/x", "/v1/usage/x"]) {
      assertError(await askImagga(service, key, "GET", path), 404);
    }
    for (const path of ["/v1/tagging", "/v1/colors", "/v1/croppings"]) {
      assertError(await askImagga(service, key, "GET", path), 403, /not part of this service/);
    }
    for (const [method, path] of [
      ["GET", "/v1/content"],
      ["POST", NSFW],
      ["PUT", "/v1/usage"],
    ] as const) {
      const answer = await askImagga(service, key, method, path);
      assertError(answer, 405);
      assert.ok(answer.headers.has("allow"));
    }
    for (const path of ["/v1/contents", "/v1/categorization", "/v1/usages", "/v1/nowhere", "/v1/hashes/x/y", "/v22"]) {
      const response = await service.request(path);
      assertCleanError(response, await response.text());
      assert.equal(response.headers.get("content-type"), "application/problem+json", path);
    }
    for (const path of ["/v1/quota", "/v1/lists", "/v1/keys"]) assert.equal((await service.request(path)).status, 200);
  });
});
