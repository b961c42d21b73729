import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import OpenAI, {
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from "openai";
import { fixture } from "../support/fixtures.ts";
import { httpAnswer, type ImageOrigin, startImageOrigin } from "../support/image-origin.ts";
import { detailedPicture, flatPicture, shrunkCopy } from "../support/pictures.ts";
import { exchange } from "../support/raw-exchange.ts";
import { ask } from "../support/requests.ts";
import { startService, startWithoutDatabase, type TestService, withSettings } from "../support/service.ts";

const dataUrl = (bytes: Buffer, type = "image/png") => `data:${type};base64,${bytes.toString("base64")}`;
const image = (url: string) => ({ type: "image_url" as const, image_url: { url } });
const text = (words: string) => ({ type: "text" as const, text: words });

let service: TestService;
/** On the same database and workers: it counts wrong keys, and fetches nothing from inside the network. */
let strict: TestService;
let origin: ImageOrigin;
let base: string;
const served = new Map<string, Buffer>();

before(async () => {
  service = await startService();
  strict = await startService({
    databaseUrl: service.databaseUrl,
    workers: service.context.workers,
    config: { authFailuresPerMinute: 1, allowPrivateUrls: false },
  });
  origin = await startImageOrigin((path, socket) => {
    const bytes = served.get(path);
    socket.end(bytes === undefined ? httpAnswer(404, []) : httpAnswer(200, ["Content-Type: image/png"], bytes));
  });
  base = `http://127.0.0.1:${origin.port}`;
});
after(async () => {
  await origin.close();
  await strict.close();
  await service.close();
});

/** The vendor's client as an app has it, but for its base URL; it counts the requests that it makes. */
function newClient(apiKey: string, from = service) {
  let sent = 0;
  const counted: typeof fetch = (...args) => {
    sent++;
    return fetch(...args);
  };
  const client = new OpenAI({ apiKey, baseURL: `${from.url}/v1`, fetch: counted });
  return { client, requests: () => sent };
}

const raw = (body: unknown, headers: Record<string, string> = {}, method = "POST", path = "/v1/moderations") =>
  service.request(path, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });

// biome-ignore lint/suspicious/noExplicitAny: read by the paths that are asserted.
type Extended = OpenAI.Moderation & { lookalike: any };

describe("OpenAI moderations", () => {
  it("classifies an image by URL and by data URL for the vendor's client, in the vendor's members", async () => {
    const { client } = newClient(service.adminKey);
    served.set("/porn.png", await fixture("Porn"));
    for (const url of [`${base}/porn.png`, dataUrl(await fixture("Porn"))]) {
      const moderation = await client.moderations.create({ model: "omni-moderation-latest", input: [image(url)] });
      assert.match(moderation.id, /^modr-\w{10,}$/);
      assert.equal(moderation.model, "omni-moderation-latest");
      assert.match(moderation._request_id ?? "", /^req_/);
      assert.equal(moderation.results.length, 1);
      const result = moderation.results[0] as Extended;
      assert.equal(result.flagged, true);
      assert.equal(result.categories.sexual, true);
      assert.ok(result.category_scores.sexual > 0.8 && result.category_scores.sexual <= 1);
      assert.equal(result.lookalike.verdict, "block");
      assert.equal(result.lookalike.model, service.context.workers.model.id);
    }
  });

  it("tells by the real model what is sexual and what is not", async () => {
    const { client } = newClient(service.adminKey);
    for (const [name, flagged] of [
      ["Hentai", true],
      ["Sexy", false],
      ["Neutral", false],
      ["Drawing", false],
    ] as const) {
      const { results } = await client.moderations.create({ input: [image(dataUrl(await fixture(name)))] });
      assert.deepEqual([results[0]?.flagged, results[0]?.categories.sexual], [flagged, flagged], name);
    }
  });

  it("has all 13 categories, and says of the 12 it can't tell that nothing was looked at", async () => {
    const { client } = newClient(service.adminKey);
    const { results } = await client.moderations.create({ input: [image(dataUrl(await fixture("Porn")))] });
    const result = results[0] as Extended;
    const names = Object.keys(result.categories);
    assert.equal(names.length, 13);
    assert.deepEqual(Object.keys(result.category_scores), names);
    assert.deepEqual(Object.keys(result.category_applied_input_types), names);
    const others = names.filter((name) => name !== "sexual") as Exclude<keyof OpenAI.Moderation.Categories, "sexual">[];
    for (const name of others) {
      assert.deepEqual(
        [result.categories[name], result.category_scores[name], result.category_applied_input_types[name]],
        [false, 0, []],
        name,
      );
    }
    assert.deepEqual(result.category_applied_input_types.sexual, ["image"]);
    assert.deepEqual(result.lookalike.unsupported_categories, others);
    assert.ok(others.includes("sexual/minors"));
  });

  it("checks the image of a mixed input, and names the texts that nobody looked at", async () => {
    const { client } = newClient(service.adminKey);
    const picture = dataUrl(await fixture("Neutral"));
    const { results } = await client.moderations.create({ input: [text("I will hurt you"), image(picture)] });
    assert.equal(results.length, 1);
    const result = results[0] as Extended;
    assert.deepEqual(result.lookalike.unchecked, ["input[0]"]);
    const types = Object.values(result.category_applied_input_types).flat();
    assert.deepEqual(types, ["image"]);
  });

  it("refuses text alone, in every form, so that nobody takes it for checked", async () => {
    const { client, requests } = newClient(service.adminKey);
    const inputs = ["I will hurt you", ["one", "two"], [text("one")]] as const;
    for (const input of inputs) {
      await assert.rejects(client.moderations.create({ input: input as string }), (error) => {
        assert.ok(error instanceof BadRequestError);
        assert.equal(error.code, "unsupported_input");
        assert.match(error.param ?? "", /^input(\[0\])?$/);
        return true;
      });
    }
    assert.equal(requests(), inputs.length);
  });

  it("flags what a disallow list has, from the very next request on, and leaves the scores honest", async () => {
    const { client } = newClient(service.adminKey);
    const picture = await detailedPicture(6101);
    const copy = dataUrl(await shrunkCopy(picture), "image/jpeg");
    const before = await client.moderations.create({ input: [image(copy)] });
    assert.equal(before.results[0]?.flagged, false);
    await ask(service, "POST", "/v1/lists", { body: { name: "openai-spam" } });
    await ask(service, "POST", "/v1/lists/openai-spam/entries", { body: picture });
    const { results } = await client.moderations.create({ input: [image(copy)] });
    const result = results[0] as Extended;
    assert.deepEqual([result.flagged, result.categories.sexual], [true, false]);
    assert.equal(result.category_scores.sexual, before.results[0]?.category_scores.sexual);
    assert.deepEqual([result.lookalike.verdict, result.lookalike.lists], ["block", ["openai-spam"]]);
  });

  it("flags what a list sends to review, and nothing that an allow list has", async () => {
    const { client } = newClient(service.adminKey);
    const doubtful = await detailedPicture(6102);
    await ask(service, "POST", "/v1/lists", { body: { name: "openai-review", action: "review" } });
    await ask(service, "POST", "/v1/lists/openai-review/entries", { body: doubtful });
    const reviewed = await client.moderations.create({ input: [image(dataUrl(doubtful))] });
    assert.equal(reviewed.results[0]?.flagged, true);
    await ask(service, "POST", "/v1/lists", { body: { name: "openai-art", kind: "allow" } });
    const { body: entry } = await ask(service, "POST", "/v1/lists/openai-art/entries", {
      body: await fixture("Hentai"),
    });
    const allowed = await client.moderations.create({ input: [image(dataUrl(await fixture("Hentai")))] });
    await ask(service, "DELETE", `/v1/lists/openai-art/entries/${entry.id}`);
    assert.deepEqual([allowed.results[0]?.flagged, allowed.results[0]?.categories.sexual], [false, false]);
    assert.ok((allowed.results[0]?.category_scores.sexual ?? 0) > 0.8);
  });

  it("decides by the thresholds of the key that asks", async () => {
    const { key } = await service.createKey({
      name: "strict",
      policy: { block: 0.0001, review: 0.0001, suggestive_review: null },
    });
    const input = [image(dataUrl(await fixture("Sexy")))];
    const strict = await newClient(key).client.moderations.create({ input });
    const usual = await newClient(service.adminKey).client.moderations.create({ input });
    assert.deepEqual([strict.results[0]?.flagged, usual.results[0]?.flagged], [true, false]);
    assert.deepEqual(strict.results[0]?.category_scores, usual.results[0]?.category_scores);
  });

  it("costs the native price: one unit for a new image, nothing for a repeat or a failure", async () => {
    const { key } = await service.createKey({ name: "prices", quota: { limit: 5, period: "day" } });
    const { client } = newClient(key);
    const input = [image(dataUrl(await detailedPicture(6103)))];
    const left: unknown[] = [];
    for (const each of [input, input, [image(dataUrl(Buffer.from("no image at all")))]]) {
      await client.moderations.create({ input: each }).catch(() => {});
      left.push((await ask(service, "GET", "/v1/quota", { key })).body.remaining);
    }
    assert.deepEqual(left, [4, 4, 4]);
  });

  it("makes the client throw AuthenticationError for a wrong key and for none, without another try", async () => {
    const { client, requests } = newClient("sk-not-a-key-of-this-service");
    await assert.rejects(client.moderations.create({ input: [image(`${base}/porn.png`)] }), (error) => {
      assert.ok(error instanceof AuthenticationError);
      assert.deepEqual([error.status, error.code, error.type], [401, "invalid_api_key", "invalid_request_error"]);
      assert.match(error.requestID ?? "", /^req_/);
      return true;
    });
    assert.equal(requests(), 1);
    const nobody = await raw({ input: "x" }, { authorization: "" });
    assert.equal(nobody.status, 401);
    const { error } = (await nobody.json()) as { error: Record<string, unknown> };
    assert.deepEqual(Object.keys(error), ["message", "type", "param", "code"]);
    assert.match(String(error.message), /didn't provide an API key/);
  });

  it("makes the client throw PermissionDeniedError where the key may not check", async () => {
    const { key } = await service.createKey({ name: "lists only", scopes: ["lists"] });
    await assert.rejects(newClient(key).client.moderations.create({ input: [image(`${base}/porn.png`)] }), (error) => {
      assert.ok(error instanceof PermissionDeniedError);
      assert.equal(error.code, "missing_scope");
      return true;
    });
  });

  it("makes the client throw RateLimitError where the quota is used up, at once and after one request", async () => {
    const { key } = await service.createKey({ name: "used up", quota: { limit: 1, period: "day" } });
    const { client, requests } = newClient(key);
    await client.moderations.create({ input: [image(dataUrl(await detailedPicture(6104)))] });
    await assert.rejects(
      client.moderations.create({ input: [image(dataUrl(await detailedPicture(6105)))] }),
      (error) => {
        assert.ok(error instanceof RateLimitError);
        assert.deepEqual([error.code, error.type], ["insufficient_quota", "insufficient_quota"]);
        return true;
      },
    );
    assert.equal(requests(), 2);
  });

  it("makes the client throw BadRequestError for what is no image, in one request", async () => {
    const { client, requests } = newClient(service.adminKey);
    const picture = await flatPicture("#104060");
    served.set("/text.png", Buffer.from("hello"));
    served.set("/large.png", Buffer.alloc(20 * 1024 * 1024 + 1));
    const cases: readonly (readonly [string, string])[] = [
      [dataUrl(Buffer.from("this is not an image")), "invalid_image_format"],
      [dataUrl(picture.subarray(0, picture.length - 30)), "invalid_image_format"],
      ["data:image/png;base64,", "invalid_data_url"],
      ["data:image/png;base64,%%%", "invalid_data_url"],
      ["data:image/png,not-base64", "invalid_data_url"],
      [dataUrl(Buffer.alloc(20 * 1024 * 1024 + 4)), "file_too_large"],
      [`${base}/large.png`, "file_too_large"],
      [`${base}/text.png`, "invalid_image_format"],
      [`${base}/missing.png`, "image_url_unavailable"],
      ["http://127.0.0.1:1/closed.png", "image_url_unavailable"],
      ["file:///etc/passwd", "image_url_unavailable"],
      ["blob:https://example.com/1d5ef2f0", "image_url_unavailable"],
      ["not a url", "image_url_unavailable"],
    ];
    for (const [url, code] of cases) {
      await assert.rejects(client.moderations.create({ input: [image(url)] }), (error) => {
        assert.ok(error instanceof BadRequestError, url.slice(0, 60));
        assert.deepEqual([error.code, error.param], [code, "input"], url.slice(0, 60));
        if (code === "image_url_unavailable") assert.match(error.message, /^400 Failed to download image/);
        assert.doesNotMatch(error.message, /ECONN|127\.0\.0\.1|node_modules|at \S+ \(/);
        return true;
      });
    }
    assert.equal(requests(), cases.length);
  });

  it("fetches nothing from inside the network where that is not allowed", async () => {
    const asked = origin.requests.length;
    await assert.rejects(
      newClient(strict.adminKey, strict).client.moderations.create({ input: [image(`${base}/porn.png`)] }),
      (error) => error instanceof BadRequestError && error.code === "image_url_unavailable",
    );
    assert.equal(origin.requests.length, asked);
  });

  it("lets the client come back where too many wrong keys came from its address", async () => {
    const wrong = { method: "POST", headers: { authorization: "Bearer sk-guessed" } };
    assert.equal((await strict.request("/v1/moderations", wrong)).status, 401);
    const throttled = await strict.request("/v1/moderations", wrong);
    const { error } = (await throttled.json()) as { error: { code: string } };
    assert.deepEqual([throttled.status, error.code], [429, "rate_limit_exceeded"]);
    assert.ok(Number(throttled.headers.get("retry-after")) >= 1);
    assert.equal(throttled.headers.get("x-should-retry"), null);
  });

  it("refuses two images as the vendor does, and parameters and models that it doesn't know", async () => {
    const one = image(`${base}/porn.png`);
    for (const [body, code, param] of [
      [{ input: [one, one] }, "too_many_images", "input"],
      [{}, "missing_required_parameter", "input"],
      [{ input: [] }, "empty_array", "input"],
      [{ input: Array(1001).fill("") }, "array_above_max_length", "input"],
      [{ input: 7 }, "invalid_type", "input"],
      [{ input: null }, "invalid_type", "input"],
      [{ input: [one, 7] }, "invalid_type", "input[1]"],
      [{ input: [{ type: "image_url" }] }, "invalid_type", "input[0]"],
      [{ input: [{ type: "text", text: 7 }, one] }, "invalid_type", "input[0]"],
      [{ input: [{ type: "audio" }] }, "invalid_value", "input[0]"],
      [{ input: [one], model: "gpt-5" }, "model_not_found", "model"],
      [{ input: [one], model: "text-moderation-latest" }, "unsupported_value", "model"],
      [{ input: [one], model: 7 }, "invalid_type", "model"],
      [{ input: [one], temperature: 1 }, "unknown_parameter", "temperature"],
      [[], "invalid_type", "body"],
    ] as const) {
      const response = await raw(body);
      const answer = (await response.json()) as { error: Record<string, unknown> };
      assert.deepEqual(Object.keys(answer), ["error"]);
      assert.deepEqual([response.status, answer.error.code, answer.error.param], [400, code, param]);
      assert.equal(answer.error.type, "invalid_request_error");
      assert.ok(String(answer.error.message).length > 10);
    }
  });

  it("answers in the vendor's shape whatever else is sent to its path", async () => {
    for (const [response, status, code] of [
      [await raw("{"), 400, null],
      [await raw("{}", { "content-type": "image/png" }), 400, "unsupported_content_type"],
      [await raw("{}", { "content-encoding": "gzip" }), 400, "unsupported_content_type"],
      [await raw(`{"input":"${"x".repeat(29 * 1024 * 1024)}"}`), 413, null],
      [await raw(undefined, {}, "GET"), 405, "method_not_supported"],
      [await raw(undefined, {}, "DELETE"), 405, "method_not_supported"],
      [await raw({}, {}, "POST", "/v1/moderations/modr-1"), 404, null],
      [await raw(undefined, { authorization: "" }, "GET"), 401, null],
    ] as const) {
      const answer = (await response.json()) as { error: Record<string, unknown> };
      assert.deepEqual([response.status, answer.error.code], [status, code], JSON.stringify(answer));
      assert.deepEqual(Object.keys(answer.error), ["message", "type", "param", "code"]);
      assert.equal(response.headers.get("content-type"), "application/json");
    }
    const port = Number(new URL(service.url).port);
    const [refused] = await exchange(port, "POST /v1/moderations HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    const { error } = JSON.parse(refused?.body ?? "") as { error: Record<string, unknown> };
    assert.deepEqual([refused?.status, error.type], [400, "invalid_request_error"]);
  });

  it("answers a server_error that the client tries again where the database is away", async () => {
    const cut = await startWithoutDatabase(service);
    const response = await cut.request("/v1/moderations", { method: "POST" });
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    assert.deepEqual([response.status, error.type, error.code], [503, "server_error", null]);
    assert.ok(Number(response.headers.get("retry-after")) >= 1);
    assert.equal(response.headers.get("x-should-retry"), null);
    await cut.close();
  });

  it("leaves the rest below /v1 to the native API", async () => {
    await assert.rejects(newClient(service.adminKey).client.models.list(), NotFoundError);
    const response = await service.request("/v1/models");
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal((await service.request("/v1/lists")).status, 200);
  });

  it("can be switched off", async () => {
    await withSettings(service, { compat: [] }, async (off) => {
      const response = await off.request("/v1/moderations", { method: "POST" });
      assert.equal(response.status, 404);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
    });
  });
});
