import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { CATEGORIZERS, categorize } from "../../src/compat/imagga/categorizers.ts";
import { askImagga, basic, failureText, fileForm, type ImaggaAnswer, uploadImage } from "../support/imagga.ts";
import { type PictureOrigin, startPictureOrigin } from "../support/picture-origin.ts";
import { detailedPicture, flatPicture, shrunkCopy } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

const fixture = (name: string) => readFile(new URL(`../fixtures/model/${name}.png`, import.meta.url));
const CATEGORIES = "/v2/categories/nsfw_beta";

let service: TestService;
let origin: PictureOrigin;
let key: { id: string; key: string; secret: string };
/** Asked at the start by v2 and v1, since it takes the 5 seconds that the vendor gives a download. */
let slow: Promise<readonly { readonly answer: ImaggaAnswer; readonly tookMs: number }[]>;
before(async () => {
  service = await startService();
  origin = await startPictureOrigin();
  key = await service.createKey({ name: "v2" });
  const silent = encodeURIComponent(origin.serve("/silent.png", null));
  const askedAt = performance.now();
  slow = Promise.all(
    [`${CATEGORIES}?image_url=${silent}`, `/v1/categorizations/nsfw_beta?url=${silent}`].map(async (path) => ({
      answer: await get(path),
      tookMs: performance.now() - askedAt,
    })),
  );
});
after(async () => {
  await slow;
  await origin.close();
  await service.close();
});

const get = (path: string, by = key) => askImagga(service, by, "GET", path);
const post = (path: string, body: NonNullable<RequestInit["body"]>, by = key) =>
  askImagga(service, by, "POST", path, body);
const remaining = async (of: { key: string }) =>
  (await ask(service, "GET", "/v1/quota", { key: of.key })).body.remaining;

function assertError(answer: ImaggaAnswer, status: number, about?: RegExp): void {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.equal(answer.headers.get("content-type"), "application/json");
  assert.deepEqual(Object.keys(answer.body), ["status"], "no result");
  assert.deepEqual(Object.keys(answer.body.status).sort(), ["text", "type"]);
  assert.equal(answer.body.status.type, "error");
  assert.ok(answer.body.status.text.length > 0);
  if (about !== undefined) assert.match(answer.body.status.text, about);
}

describe("Imagga v2 categories", () => {
  it("answers the vendor's envelope: name by language, confidence 0..100 unrounded, the highest first", async () => {
    for (const [label, name] of [
      ["Porn", "nsfw"],
      ["Hentai", "nsfw"],
      ["Sexy", "underwear"],
      ["Neutral", "safe"],
      ["Drawing", "safe"],
    ] as const) {
      const picture = await fixture(label);
      const { status, headers, body } = await post(CATEGORIES, fileForm({ image: picture }));
      assert.equal(status, 200);
      assert.equal(headers.get("content-type"), "application/json");
      assert.deepEqual(Object.keys(body), ["result", "status"]);
      assert.deepEqual(body.status, { type: "success", text: "" });
      const { categories } = body.result;
      assert.deepEqual(categories[0].name, { en: name }, label);
      const confidences: number[] = categories.map((category: { confidence: number }) => category.confidence);
      assert.ok(confidences.every((confidence) => confidence > 0 && confidence <= 100));
      assert.ok(Math.abs(confidences.reduce((sum, confidence) => sum + confidence, 0) - 100) < 0.01);
      assert.deepEqual(
        confidences,
        confidences.toSorted((left, right) => right - left),
      );
      assert.ok(
        confidences.some((confidence) => confidence !== Math.round(confidence * 100) / 100),
        "not rounded",
      );
      const native = await ask(service, "POST", "/v1/images/check", { body: picture });
      const { scores } = native.body.classification;
      const by = { safe: scores.neutral + scores.drawing, underwear: scores.sexy, nsfw: scores.porn + scores.hentai };
      for (const category of categories) {
        const expected = by[category.name.en as keyof typeof by] * 100;
        assert.ok(Math.abs(category.confidence - expected) < 1e-9, `${category.name.en} of ${label}`);
      }
    }
  });

  it("leaves out categories of confidence 0", () => {
    const model = { labels: ["neutral", "porn", "sexy"], unsafeLabels: ["porn"], suggestiveLabels: ["sexy"] };
    const [nsfw] = CATEGORIZERS;
    assert.ok(nsfw !== undefined);
    const scores = { neutral: 2 ** -40, porn: 1, sexy: 0 };
    assert.deepEqual(categorize(nsfw, scores, model), [
      { name: "nsfw", confidence: 100 },
      { name: "safe", confidence: 100 * 2 ** -40 },
    ]);
  });

  it("takes an image by image_url, image_upload_id, image and image_base64 alike, and charges the first alone", async () => {
    const limited = await service.createKey({ name: "sources", quota: { limit: 5, period: "day" } });
    const picture = await detailedPicture(7201);
    const base64 = picture.toString("base64");
    assert.ok(base64.includes("+"), "has a character that means something else in a form");
    const url = encodeURIComponent(origin.serve("/a.png", picture));
    const id = await uploadImage(service, limited, picture);
    const raw = `image_base64=${base64}`;
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const answers = [
      await get(`${CATEGORIES}?image_url=${url}`, limited),
      await get(`${CATEGORIES}?image_upload_id=${id}`, limited),
      await post(CATEGORIES, fileForm({ image: picture }), limited),
      await post(CATEGORIES, fileForm({ image_base64: base64 }), limited),
      await post(CATEGORIES, fileForm({ image_base64: `data:image/png;base64,${base64}` }), limited),
      await post(CATEGORIES, fileForm({ image_base64: Buffer.from(base64) }), limited),
      await post(CATEGORIES, new URLSearchParams({ image_base64: base64 }), limited),
      await askImagga(service, limited, "POST", CATEGORIES, raw, form),
      await post(`${CATEGORIES}?image_url=${url}`, new FormData(), limited),
    ];
    for (const [index, { status, body }] of answers.entries()) {
      assert.equal(status, 200, `${index}: ${JSON.stringify(body)}`);
      assert.deepEqual(body, answers[0]?.body, String(index));
    }
    assert.equal(await remaining(limited), 4);
  });

  it("takes an image part without a file name or content type", async () => {
    const picture = await flatPicture("#720200");
    const boundary = "frontier";
    const body = Buffer.concat([
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="image"\r\n\r\n`),
      picture,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
    const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
    for (const path of [CATEGORIES, "/v2/uploads"]) {
      assert.equal((await askImagga(service, key, "POST", path, new Uint8Array(body), headers)).status, 200, path);
    }
  });

  it("wants exactly one of them; an empty parameter is none", async () => {
    const picture = await flatPicture("#720300");
    const url = encodeURIComponent(origin.serve("/one.png", picture));
    const id = await uploadImage(service, key, picture);
    const about = /exactly one of image_url, image_upload_id, image and image_base64/;
    assertError(await get(CATEGORIES), 400, about);
    assertError(await get(`${CATEGORIES}?image_url=&image_upload_id=`), 400, about);
    assertError(await get(`${CATEGORIES}?image_url=${url}&image_upload_id=${id}`), 400, about);
    assertError(await get(`${CATEGORIES}?image_url=${url}&image_url=${url}`), 400, about);
    assertError(await post(CATEGORIES, new FormData()), 400, about);
    assertError(await post(`${CATEGORIES}?image_url=${url}`, fileForm({ image: picture })), 400, about);
    assertError(
      await post(CATEGORIES, fileForm({ image: picture, image_base64: picture.toString("base64") })),
      400,
      about,
    );
    assert.equal((await get(`${CATEGORIES}?image_url=${url}&image_upload_id=`)).status, 200);
    assertError(await post("/v2/uploads", new FormData()), 400, /exactly one of image and image_base64/);
    assertError(
      await post("/v2/uploads", fileForm({ image: picture, image_base64: "aGFsbG8=" })),
      400,
      /exactly one of image and image_base64/,
    );
  });

  it("takes an upload by the name that it has in v1 as well, and counts it among those of which there may be one", async () => {
    const id = await uploadImage(service, key, await flatPicture("#720301"));
    const { status, body } = await get(`${CATEGORIES}?content=${id}`);
    assert.deepEqual([status, body.result?.categories[0].name], [200, { en: "safe" }]);
    assertError(await get(`${CATEGORIES}?content=${id}&image_upload_id=${id}`), 400, /exactly one/);
    assert.equal((await get(`${CATEGORIES}?content=&image_upload_id=${id}`)).status, 200);
  });

  it("takes the form of the vendor's Java sample, whose boundary has a blank and no quotes", async () => {
    const picture = await detailedPicture(7203);
    const form = Buffer.concat([
      Buffer.from('--Image Upload\r\nContent-Disposition: form-data; name="image";filename="a.png"\r\n\r\n'),
      picture,
      Buffer.from("\r\n--Image Upload--\r\n"),
    ]);
    const sent = { "content-type": "multipart/form-data;boundary=Image Upload", "cache-control": "no-cache" };
    const uploaded = await askImagga(service, key, "POST", "/v2/uploads", new Uint8Array(form), sent);
    assert.equal(uploaded.status, 200, JSON.stringify(uploaded.body));
    const found = await get(`${CATEGORIES}?image_upload_id=${uploaded.body.result.upload_id}`);
    const direct = await askImagga(service, key, "POST", CATEGORIES, new Uint8Array(form), sent);
    assert.deepEqual([found.status, direct.body], [200, found.body]);
  });

  it("splits an unescaped URL at its first &, and takes what stands behind it as its own parameters", async () => {
    const url = origin.serve("/split.png?x=1", await flatPicture("#720400"));
    const { status, body } = await get(`${CATEGORIES}?image_url=${url}&y=2&language=de`);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body.result.categories[0].name, { de: "sicher" });
    assert.deepEqual(
      origin.asked.filter((path) => path.startsWith("/split.png")),
      ["/split.png?x=1"],
    );
  });

  it("names categories in the languages asked for, repeated or by commas, and in no other", async () => {
    const picture = await fixture("Sexy");
    const id = await uploadImage(service, key, picture);
    const names = async (query: string, categorizer = "nsfw_beta") => {
      const { status, body } = await get(`/v2/categories/${categorizer}?image_upload_id=${id}${query}`);
      assert.equal(status, 200, JSON.stringify(body));
      return body.result.categories[0].name;
    };
    assert.deepEqual(await names(""), { en: "underwear" });
    assert.deepEqual(await names("&language=en&language=de"), { en: "underwear", de: "Unterwäsche" });
    assert.deepEqual(await names("&language=fr,es,it"), {
      fr: "sous-vêtements",
      es: "ropa interior",
      it: "biancheria intima",
    });
    assert.deepEqual(await names("&language=BG"), { bg: "бельо" });
    assert.deepEqual(await names("&language=zh_chs"), { zh_chs: "underwear" }, "a language without words here");
    assert.deepEqual(await names("&language=de", "adult_content"), { de: "freizügig" });
    const form = fileForm({ image: picture, language: "de" });
    assert.deepEqual((await post(CATEGORIES, form)).body.result.categories[0].name, { de: "Unterwäsche" });
    const encoded = new URLSearchParams({ image_base64: picture.toString("base64"), language: "de" });
    for (const repeated of [form, encoded]) {
      repeated.append("language", "fr");
      const { body } = await post(CATEGORIES, repeated);
      assert.deepEqual(body.result?.categories[0].name, { de: "Unterwäsche", fr: "sous-vêtements" });
    }
    const codes = Array.from({ length: 101 }, (_, i) => `a${String.fromCharCode(97 + (i % 26))}_a${"abcd"[i % 4]}`);
    assert.equal((await get(`${CATEGORIES}?image_upload_id=${id}&language=${codes.slice(1)}`)).status, 200);
    assertError(await get(`${CATEGORIES}?image_upload_id=${id}&language=${codes}`), 400, /at most 100/);
    const endless = new URLSearchParams({
      image_base64: picture.toString("base64"),
      language: "aa,".repeat(1_000_000),
    });
    assertError(await post(CATEGORIES, endless), 400, /at most 100/);
    for (const language of ["__proto__", "../..", "e", "english"]) {
      assertError(
        await get(`${CATEGORIES}?image_upload_id=${id}&language=${encodeURIComponent(language)}`),
        400,
        /language/,
      );
    }
  });

  it("serves adult_content as well, and lists both with their labels", async () => {
    for (const [label, name] of [
      ["Porn", "explicit"],
      ["Sexy", "suggestive"],
      ["Neutral", "safe"],
    ] as const) {
      const { body } = await post("/v2/categories/adult_content", fileForm({ image: await fixture(label) }));
      assert.deepEqual(body.result.categories[0].name, { en: name });
    }
    const listed = await get("/v2/categorizers");
    assert.deepEqual(listed.body, {
      result: {
        categorizers: [
          { id: "nsfw_beta", labels: ["safe", "underwear", "nsfw"], title: "NSFW Beta" },
          { id: "adult_content", labels: ["safe", "suggestive", "explicit"], title: "Adult Content" },
        ],
      },
      status: { type: "success", text: "" },
    });
    const id = await uploadImage(service, key, await flatPicture());
    for (const unknown of ["personal_photos", "ocr_moderation", "constructor"]) {
      assertError(await get(`/v2/categories/${unknown}?image_upload_id=${id}`), 404, /nsfw_beta or adult_content/);
    }
  });

  it("takes a slash at the end of every path", async () => {
    const id = await uploadImage(service, key, await flatPicture("#720500"));
    assert.equal((await get(`${CATEGORIES}/?image_upload_id=${id}`)).status, 200);
    assert.equal((await post(`${CATEGORIES}/`, fileForm({ image: await flatPicture("#720500") }))).status, 200);
    assert.equal((await get("/v2/categorizers/")).status, 200);
    assert.equal((await get("/v2/usage/")).status, 200);
    assert.equal((await post("/v2/uploads/", fileForm({ image: await flatPicture("#720501") }))).status, 200);
    assert.equal((await askImagga(service, key, "DELETE", `/v2/uploads/${id}/`)).status, 200);
  });

  it("takes two slashes behind the version, as clients ask whose base URL ends with one", async () => {
    const id = await uploadImage(service, key, await flatPicture("#720502"));
    for (const [method, path, status] of [
      ["GET", `/v2//categories/nsfw_beta?image_upload_id=${id}`, 200],
      ["GET", `/v1//categorizations/nsfw_beta?content=${id}`, 200],
      ["GET", "/v2//usage", 200],
      ["GET", "/v1//usage?fix=1", 200],
      ["DELETE", `/v2//uploads/${id}/`, 200],
      ["GET", "/v2//tags", 403],
      ["GET", "/v1//tagging", 403],
      ["PUT", "/v1//content", 405],
      ["GET", "/v1//content/a/b", 404],
    ] as const) {
      const answer = await askImagga(service, key, method, path);
      assert.equal(answer.status, status, path);
      if (status > 200) failureText(path, answer.body);
    }
    assert.equal((await fetch(`${service.url}/v1//lists`)).headers.get("content-type"), "application/problem+json");
  });

  it("refuses save_index and save_id instead of promising a search that it doesn't have, and charges nothing", async () => {
    const limited = await service.createKey({ name: "saved", quota: { limit: 5, period: "day" } });
    const form = fileForm({ image: await flatPicture("#720600") });
    assertError(await post(`${CATEGORIES}?save_index=mine&save_id=1`, form, limited), 403, /visual search/);
    assertError(
      await post(CATEGORIES, fileForm({ image: await flatPicture("#720600"), save_index: "mine" }), limited),
      403,
    );
    assert.equal(await remaining(limited), 5);
    assert.equal(
      (await post(`${CATEGORIES}?save_index=`, fileForm({ image: await flatPicture("#720600") }))).status,
      200,
    );
  });

  it("ignores parameters that it doesn't know, such as return_tags", async () => {
    const form = fileForm({ image: await flatPicture("#720700") });
    const { status, body } = await post("/v2/categories/adult_content?return_tags=1&threshold=5", form);
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body.result), ["categories"]);
  });

  it("adds what the lists say beside the categories, which stay the model's", async () => {
    const picture = await detailedPicture(7208);
    const before = await post(CATEGORIES, fileForm({ image: picture }));
    assert.equal("lookalike" in before.body.result, false);
    await ask(service, "POST", "/v1/lists", { body: { name: "imagga-banned" } });
    await ask(service, "POST", "/v1/lists/imagga-banned/entries", { body: picture });
    for (const copy of [picture, await shrunkCopy(picture)]) {
      const { body } = await post(CATEGORIES, fileForm({ image: copy }));
      assert.deepEqual(body.result.lookalike, { verdict: "block", lists: ["imagga-banned"] });
      assert.deepEqual(body.result.categories[0].name, { en: "safe" });
    }
  });
});

describe("Imagga v2 failures", () => {
  it("answers 401 with a challenge for Basic, without credentials and with wrong ones, before anything else", async () => {
    const wrong = { id: key.id, secret: "nonsense" };
    const swapped = (await service.createKey({ name: "other" })).secret;
    for (const path of [CATEGORIES, "/v2/usage", "/v2/nowhere", "/v1/usage", "/v1/content/x", "/v2/categories/none"]) {
      for (const by of [null, wrong, { id: key.id, secret: swapped }]) {
        const answer = await askImagga(service, by, "GET", path);
        assert.equal(answer.status, 401, path);
        failureText(path, answer.body);
        assert.match(answer.headers.get("www-authenticate") ?? "", /^Basic realm=/);
      }
    }
    for (const authorization of ["Basic %%%", "Digest x=y", `Basic${basic(key).slice(6)}`, "Basic"]) {
      const response = await fetch(`${service.url}/v2/usage`, { headers: { authorization } });
      assert.equal(response.status, 401, authorization);
    }
    const preemptive = await fetch(`${service.url}/v2/usage`, { headers: { authorization: basic(key) } });
    assert.equal(preemptive.status, 200);
  });

  it("takes a whole key as the password, whatever the user is called", async () => {
    assert.equal((await get("/v2/usage", { ...key, id: "acc_1234", secret: key.key })).status, 200);
  });

  it("answers 400 for what is no image that it reads, and charges nothing", async () => {
    const limited = await service.createKey({ name: "bad", quota: { limit: 3, period: "day" } });
    const whole = await detailedPicture(7301);
    for (const [name, bytes] of [
      ["text", Buffer.from("hello")],
      ["cut off", whole.subarray(0, whole.length / 2)],
      ["a PDF", Buffer.from("%PDF-1.4 nothing")],
      ["empty", Buffer.alloc(0)],
      ["too large", Buffer.alloc(20 * 1024 * 1024 + 1, 1)],
    ] as const) {
      const answer = await post(CATEGORIES, fileForm({ image: bytes }), limited);
      assert.equal(answer.status, 400, name);
      assertError(answer, 400);
    }
    assertError(await post(CATEGORIES, fileForm({ image_base64: "***" }), limited), 400);
    assertError(await post(CATEGORIES, new URLSearchParams({ image_base64: "no base64 at all!" }), limited), 400);
    const tooLarge = Buffer.alloc(20 * 1024 * 1024 + 3).toString("base64");
    assertError(await post(CATEGORIES, fileForm({ image_base64: tooLarge }), limited), 400);
    assert.equal(await remaining(limited), 3);
  });

  it("answers 400 where a URL can't be fetched, so that clients upload the image instead", async () => {
    const nothing = `${origin.url}/missing.png`;
    const text = origin.serve("/text.png", Buffer.from("hello"));
    for (const url of [nothing, text, "nonsense", "ftp://127.0.0.1/a.png", "http://127.0.0.1:1/a.png"]) {
      assertError(await get(`${CATEGORIES}?image_url=${encodeURIComponent(url)}`), 400);
    }
  });

  it("gives a download 5 seconds", async () => {
    const [v2, v1] = await slow;
    assert.ok(v2 !== undefined && v1 !== undefined);
    assertError(v2.answer, 400, /5 seconds/);
    assert.deepEqual([v1.answer.status, v1.answer.body.results], [200, []]);
    for (const { tookMs } of [v2, v1]) assert.ok(tookMs >= 4_900 && tookMs < 9_500, `${tookMs} ms`);
  });

  it("answers 405 with Allow for other methods", async () => {
    for (const [method, path, allowed] of [
      ["PUT", CATEGORIES, "GET, POST"],
      ["GET", "/v2/uploads", "POST"],
      ["GET", "/v2/uploads/i0", "DELETE"],
      ["POST", "/v2/usage", "GET"],
      ["DELETE", "/v2/categorizers", "GET"],
    ] as const) {
      const answer = await askImagga(service, key, method, path);
      assertError(answer, 405);
      assert.equal(answer.headers.get("allow"), allowed, path);
    }
  });

  it("says of the vendor's other features that they are not here, and of other paths that there is nothing", async () => {
    for (const path of [
      "/v2/tags",
      "/v2/colors",
      "/v2/croppings",
      "/v2/faces/detections",
      "/v2/faces/similarity",
      "/v2/text",
      "/v2/barcodes",
      "/v2/remove-background",
      "/v2/batches",
      "/v2/similar-images/categories/personal_photos/mine",
      "/v2/similar-images/categories/personal_photos/mine/1",
    ]) {
      for (const method of ["GET", "POST", "PUT", "DELETE"]) {
        assertError(await askImagga(service, key, method, path), 403, /not part of this service/);
      }
    }
    assertError(await get("/v2/tickets/123"), 404, /ticket/);
    for (const path of ["/v2", "/v2/", "/v2/nowhere", "/v2/categories", "/v2/categories/", "/v2/usage/x"]) {
      assertError(await get(path), 404);
    }
  });
});
