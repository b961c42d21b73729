import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { after, before, describe, it } from "node:test";
import { ContentModeratorClient } from "@azure/cognitiveservices-contentmoderator";
import { ApiKeyCredentials, type RestError } from "@azure/ms-rest-js";
import { heldBodyBytes } from "../../src/http/body-budget.ts";
import { fixture, fixturePath } from "../support/fixtures.ts";
import { type PictureOrigin, startPictureOrigin } from "../support/picture-origin.ts";
import { detailedPicture, flatPicture, shrunkCopy } from "../support/pictures.ts";
import { exchange } from "../support/raw-exchange.ts";
import { ask } from "../support/requests.ts";
import { startService, startWithoutDatabase, type TestService, withSettings } from "../support/service.ts";

const LISTS = "/contentmoderator/lists/v1.0/imagelists";
const MATCH = "/contentmoderator/moderate/v1.0/ProcessImage/Match";
const EVALUATE = "/contentmoderator/moderate/v1.0/ProcessImage/Evaluate";
const JSON_TYPE = "application/json";

const link = (value: string) => ({ dataRepresentation: "URL", value });

let service: TestService;
let origin: PictureOrigin;
let base: string;
let client: ContentModeratorClient;

before(async () => {
  service = await startService();
  origin = await startPictureOrigin();
  base = origin.url;
  client = newClient(service.adminKey);
});
after(async () => {
  await origin.close();
  await service.close();
});

/** The vendor's client as an app has it, but for its endpoint. */
function newClient(key: string, endpoint = service.url): ContentModeratorClient {
  return new ContentModeratorClient(
    new ApiKeyCredentials({ inHeader: { "Ocp-Apim-Subscription-Key": key } }),
    endpoint,
  );
}

/** A list with one picture in it. */
async function newList(picture: Buffer, options: { tag?: number; label?: string } = {}) {
  const { id } = await client.listManagementImageLists.create(JSON_TYPE, { name: "A list" });
  const listId = String(id);
  const { contentId = "" } = await client.listManagementImage.addImageFileInput(listId, picture, options);
  return { listId, contentId };
}

async function failureOf(call: Promise<unknown>): Promise<RestError> {
  try {
    await call;
  } catch (error) {
    return error as RestError;
  }
  return assert.fail("Expected a failure");
}

async function raw(method: string, path: string, body?: NonNullable<RequestInit["body"]>, headers: object = {}) {
  const response = await fetch(service.url + path, {
    method,
    headers: { "Ocp-Apim-Subscription-Key": service.adminKey, ...headers },
    ...(body !== undefined && { body }),
  });
  return { http: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

describe("Azure Content Moderator", () => {
  it("lets the vendor's client create, get, list, update and delete an image list", async () => {
    const lists = client.listManagementImageLists;
    const made = await lists.create(JSON_TYPE, {
      name: "Swimsuits & sports (2)",
      description: "A sample list",
      metadata: { "Key One": "Acceptable", "Key Two": "Potentially racy" },
    });
    assert.ok(Number.isSafeInteger(made.id));
    const listId = String(made.id);
    assert.deepEqual(
      [made.name, made.description, made.metadata],
      ["Swimsuits & sports (2)", "A sample list", { "Key One": "Acceptable", "Key Two": "Potentially racy" }],
    );
    const details = await lists.getDetails(listId);
    assert.deepEqual({ ...details }, { ...made });
    const updated = await lists.update(listId, JSON_TYPE, { name: "Renamed", metadata: { "Key One": "Other" } });
    assert.deepEqual(
      [updated.id, updated.name, updated.description, updated.metadata],
      [made.id, "Renamed", "A sample list", { "Key One": "Other" }],
    );
    assert.equal(heldBodyBytes(), 0);
    const all = await lists.getAllImageLists();
    assert.deepEqual(
      all.find(({ id }) => id === made.id),
      { ...updated },
    );
    assert.equal((await lists.deleteMethod(listId)).body, "");
    assert.ok(!(await lists.getAllImageLists()).some(({ id }) => id === made.id));
    assert.equal((await failureOf(lists.getDetails(listId))).statusCode, 404);
  });

  it("keeps two lists of one name apart, and each as a list that the native API shows", async () => {
    const one = await client.listManagementImageLists.create(JSON_TYPE, { name: "Twice Ünique" });
    const two = await client.listManagementImageLists.create(JSON_TYPE, { name: "Twice Ünique" });
    assert.notEqual(one.id, two.id);
    const { body } = await ask(service, "GET", "/v1/lists?limit=1000");
    const names = body.lists.filter((list: { metadata: { azure_name?: string } }) => {
      return list.metadata.azure_name === "Twice Ünique";
    });
    assert.equal(names.length, 2);
    for (const { name, kind, action } of names) {
      assert.match(name, /^azure-twice-nique-[0-9a-f]{10}$/);
      assert.deepEqual([kind, action], ["disallow", "block"]);
    }
  });

  it("adds an image by file and by URL, and matches it at once: the same bytes, and a copy made again", async () => {
    const pictures = [await detailedPicture(7101), await detailedPicture(7102)] as const;
    origin.serve("/banned.png", pictures[1]);
    const { id } = await client.listManagementImageLists.create(JSON_TYPE, { name: "Banned" });
    const listId = String(id);
    const images = client.listManagementImage;
    const byFile = await images.addImageFileInput(listId, pictures[0], { tag: 101, label: "Sports" });
    const byUrl = await images.addImageUrlInput(listId, JSON_TYPE, link(`${base}/banned.png`), { label: "Swimsuit" });
    assert.deepEqual(byFile.additionalInfo, [
      { key: "Source", value: listId },
      { key: "ImageSizeInBytes", value: String(pictures[0].length) },
    ]);
    for (const added of [byFile, byUrl]) {
      assert.match(added.contentId ?? "", /^\d+$/);
      assert.deepEqual([added.status?.code, added.status?.description], [3000, "OK"]);
      assert.match(added.trackingId ?? "", /^req_/);
    }
    const ids = await images.getAllImageIds(listId);
    assert.deepEqual(
      [ids.contentSource, ids.contentIds],
      [listId, [Number(byFile.contentId), Number(byUrl.contentId)]],
    );

    const copy = await shrunkCopy(pictures[0], 0.2, 20);
    origin.serve("/copy.jpg", copy);
    const exact = await client.imageModeration.matchFileInput(pictures[0], { listId });
    const near = await client.imageModeration.matchUrlInput(JSON_TYPE, link(`${base}/copy.jpg`), { listId });
    const other = await client.imageModeration.matchFileInput(await detailedPicture(7103, 100, 80), { listId });
    const expected = { matchId: Number(byFile.contentId), source: listId, tags: [101], label: "Sports" };
    assert.deepEqual([exact.isMatch, exact.matches], [true, [{ score: 1, ...expected }]]);
    const { score = 0, ...match } = near.matches?.[0] ?? {};
    assert.deepEqual([near.isMatch, near.matches?.length, match], [true, 1, expected]);
    assert.ok(score > 0.8 && score < 1 && Number.isInteger(score * 256), String(score));
    assert.deepEqual([other.isMatch, other.matches, other.status?.code], [false, [], 3000]);
    const second = await client.imageModeration.matchFileInput(pictures[1], { listId, cacheImage: true });
    assert.deepEqual(second.matches, [
      { score: 1, matchId: Number(byUrl.contentId), source: listId, tags: [], label: "Swimsuit" },
    ]);
  });

  it("matches by the list that is asked for, and by all of them where none is", async () => {
    const picture = await detailedPicture(7104);
    const first = await newList(picture, { label: "first" });
    const second = await newList(picture, { label: "second" });
    const empty = await client.listManagementImageLists.create(JSON_TYPE, { name: "Empty" });
    const sources = async (listId?: string) => {
      const options = listId === undefined ? {} : { listId };
      const { matches = [] } = await client.imageModeration.matchFileInput(picture, options);
      return matches.map(({ source }) => source).sort();
    };
    assert.deepEqual(await sources(first.listId), [first.listId]);
    assert.deepEqual(await sources(second.listId), [second.listId]);
    assert.deepEqual(await sources(String(empty.id)), []);
    assert.deepEqual(await sources(), [first.listId, second.listId].sort());
    await ask(service, "POST", "/v1/lists", { body: { name: "azure-allowed", kind: "allow" } });
    const { body: entry } = await ask(service, "POST", "/v1/lists/azure-allowed/entries", { body: picture });
    assert.deepEqual(await sources(), []);
    await ask(service, "DELETE", `/v1/lists/azure-allowed/entries/${entry.id}`);
    assert.equal((await sources()).length, 2);
  });

  it("enforces a list at once: a refresh of its index succeeds, and changes nothing", async () => {
    const picture = await detailedPicture(7105);
    const { listId } = await newList(picture);
    assert.equal((await client.imageModeration.matchFileInput(picture, { listId })).isMatch, true);
    const refreshed = await client.listManagementImageLists.refreshIndexMethod(listId);
    assert.deepEqual(
      [refreshed.contentSourceId, refreshed.isUpdateSuccess, refreshed.advancedInfo, refreshed.status?.code],
      [listId, true, [], 3000],
    );
    assert.equal((await client.imageModeration.matchFileInput(picture, { listId })).isMatch, true);
  });

  it("matches a deleted image no more on the very next request, and takes it again", async () => {
    const picture = await detailedPicture(7106);
    const { listId, contentId } = await newList(picture, { label: "old" });
    const isMatch = async () => (await client.imageModeration.matchFileInput(picture, { listId })).isMatch;
    assert.equal(await isMatch(), true);
    assert.equal((await client.listManagementImage.deleteImage(listId, contentId)).body, "");
    assert.equal(await isMatch(), false);
    assert.deepEqual((await client.listManagementImage.getAllImageIds(listId)).contentIds, []);
    const again = await client.listManagementImage.addImageFileInput(listId, picture, { label: "new" });
    assert.equal(again.contentId, contentId);
    const { matches } = await client.imageModeration.matchFileInput(picture, { listId });
    assert.equal(matches?.[0]?.label, "new");
  });

  it("deletes all images of a list, and none of another", async () => {
    const picture = await detailedPicture(7107);
    const { listId } = await newList(picture);
    const other = await newList(picture);
    await client.listManagementImage.addImageFileInput(listId, await detailedPicture(7108));
    assert.equal((await client.listManagementImage.deleteAllImages(listId)).body, "Reset Successful.");
    assert.deepEqual((await client.listManagementImage.getAllImageIds(listId)).contentIds, []);
    assert.equal((await client.imageModeration.matchFileInput(picture, { listId })).isMatch, false);
    assert.equal((await client.imageModeration.matchFileInput(picture, { listId: other.listId })).isMatch, true);
    const { rows } = await service.context.db.pool.query(
      "select details->>'entries' as entries from audit where action = 'list.lift_entries' and subject = (select name from list where id = $1)",
      [listId],
    );
    assert.deepEqual(rows, [{ entries: "2" }]);
  });

  it("deletes all images also where that takes the database longer than a statement of a request may", async () => {
    const hasty = await startService({ workers: service.context.workers, config: { databaseTimeoutMs: 1000 } });
    try {
      const own = newClient(hasty.adminKey, hasty.url);
      const listId = String((await own.listManagementImageLists.create(JSON_TYPE, { name: "Long" })).id);
      await own.listManagementImage.addImageFileInput(listId, await detailedPicture(7119));
      await hasty.context.db.pool.query(
        `create function take_long() returns trigger language plpgsql as $$ begin perform pg_sleep(1.5); return null; end $$;
        create trigger take_long after update on entry for each statement execute function take_long()`,
      );
      assert.equal((await own.listManagementImage.deleteAllImages(listId)).body, "Reset Successful.");
      assert.deepEqual((await own.listManagementImage.getAllImageIds(listId)).contentIds, []);
    } finally {
      await hasty.close();
    }
  });

  it("matches nothing of a deleted list from the very next request on", async () => {
    const picture = await detailedPicture(7109);
    const { listId } = await newList(picture);
    assert.equal((await client.imageModeration.matchFileInput(picture)).isMatch, true);
    await client.listManagementImageLists.deleteMethod(listId);
    assert.equal((await client.imageModeration.matchFileInput(picture)).isMatch, false);
    const failure = await failureOf(client.imageModeration.matchFileInput(picture, { listId }));
    assert.deepEqual([failure.statusCode, failure.code], [404, "404"]);
  });

  it("answers Conflict for an image that the list holds already, and keeps its label", async () => {
    const picture = await detailedPicture(7110);
    const { listId } = await newList(picture, { label: "kept" });
    const failure = await failureOf(client.listManagementImage.addImageFileInput(listId, picture, { label: "other" }));
    assert.deepEqual([failure.statusCode, failure.code], [409, "409"]);
    const { matches } = await client.imageModeration.matchFileInput(picture, { listId });
    assert.equal(matches?.[0]?.label, "kept");
  });

  it("serves the native API's disallow lists as well, and no list of another kind", async () => {
    const picture = await detailedPicture(7111);
    await ask(service, "POST", "/v1/lists", { body: { name: "native-list", metadata: { team: "trust" } } });
    await ask(service, "POST", "/v1/lists", { body: { name: "native-allow", kind: "allow" } });
    await ask(service, "POST", "/v1/lists/native-list/entries", { body: picture });
    const all = await client.listManagementImageLists.getAllImageLists();
    assert.ok(!all.some(({ name }) => name === "native-allow"));
    const found = all.find(({ name }) => name === "native-list");
    assert.deepEqual(found?.metadata, {});
    const listId = String(found?.id);
    const { matches } = await client.imageModeration.matchFileInput(picture, { listId });
    assert.deepEqual([matches?.length, matches?.[0]?.tags, matches?.[0]?.label], [1, [], ""]);
    await client.listManagementImageLists.update(listId, JSON_TYPE, { name: "Shown", metadata: { a: "b" } });
    const { body } = await ask(service, "GET", "/v1/lists/native-list");
    assert.deepEqual(body.metadata, { team: "trust", azure_name: "Shown", azure_metadata_a: "b" });
    const { rows } = await service.context.db.pool.query("select id from list where name = 'native-allow'");
    assert.equal((await raw("GET", `${LISTS}/${rows[0]?.id}`)).http, 404);
  });

  it("evaluates by the real model, by file and by URL", async () => {
    for (const [name, adult, racy] of [
      ["Porn", true, false],
      ["Hentai", true, false],
      ["Sexy", false, true],
      ["Neutral", false, false],
      ["Drawing", false, false],
    ] as const) {
      origin.serve(`/${name}.png`, await fixture(name));
      for (const judged of [
        await client.imageModeration.evaluateFileInput(() => createReadStream(fixturePath(name))),
        await client.imageModeration.evaluateUrlInput(JSON_TYPE, link(`${base}/${name}.png`)),
      ]) {
        assert.deepEqual([judged.isImageAdultClassified, judged.isImageRacyClassified], [adult, racy], name);
        assert.equal(judged.result, adult || racy, name);
        assert.equal((judged.adultClassificationScore ?? 0) > 0.8, adult, name);
        assert.equal((judged.racyClassificationScore ?? 0) > 0.5, racy, name);
        assert.equal(judged.status?.code, 3000);
      }
    }
  });

  it("evaluates by the thresholds of the key that asks", async () => {
    const { key } = await service.createKey({
      name: "own thresholds",
      policy: { block: 0.0001, review: 0.0001, suggestive_review: 1 },
    });
    const judged = await newClient(key).imageModeration.evaluateFileInput(await fixture("Sexy"));
    assert.deepEqual([judged.isImageAdultClassified, judged.isImageRacyClassified], [true, false]);
  });

  it("tells in Result and in a member of its own where a list blocks what the scores let pass", async () => {
    const picture = await detailedPicture(7112);
    await newList(picture);
    const { body } = await raw("POST", EVALUATE, new Uint8Array(picture), { "content-type": "image/png" });
    assert.deepEqual([body.IsImageAdultClassified, body.IsImageRacyClassified, body.Result], [false, false, true]);
    assert.equal(body.lookalike.verdict, "block");
    assert.match(body.lookalike.lists[0], /^azure-a-list-/);
  });

  it("takes the client's calls at an endpoint that ends with a slash, and other cases of the parameters", async () => {
    const picture = await detailedPicture(7113);
    const { listId } = await newList(picture);
    const all = await raw("GET", `/${LISTS}`);
    assert.ok(all.body.some(({ Id }: { Id: number }) => String(Id) === listId));
    const { body } = await raw("POST", `/${MATCH}?LISTID=${listId}`, new Uint8Array(picture), {
      "content-type": "image/gif",
    });
    assert.equal(body.IsMatch, true);
    const shown = await newClient(service.adminKey, `${service.url}/`).listManagementImageLists.getDetails(listId);
    assert.equal(String(shown.id), listId);
  });

  it("says Access denied to a wrong key and to none, before it looks at anything else", async () => {
    const failure = await failureOf(newClient("0123456789abcdef").listManagementImageLists.getAllImageLists());
    assert.deepEqual([failure.statusCode, failure.code], [401, "401"]);
    assert.match(failure.message, /^Access denied due to invalid subscription key/);
    assert.equal(failure.body?.error?.code, "401");
    for (const [method, path] of [
      ["GET", `${LISTS}/1`],
      ["GET", `${LISTS}?subscription-key=${service.adminKey}`],
      ["POST", MATCH],
      ["POST", "/contentmoderator/moderate/v1.0/ProcessImage/OCR"],
      ["GET", "/contentmoderator/nowhere"],
      ["GET", "/contentmoderator"],
    ] as const) {
      const { http, body, headers } = await raw(method, path, undefined, { "Ocp-Apim-Subscription-Key": "" });
      assert.deepEqual([http, body.error.code, body.Error.Code], [401, "401", "401"], path);
      assert.match(headers.get("www-authenticate") ?? "", /Ocp-Apim-Subscription-Key/);
    }
  });

  it("asks for the scope lists to change a list, and for check to match", async () => {
    const picture = await detailedPicture(7114);
    const { listId } = await newList(picture, { tag: 7, label: "seen" });
    const { key: checks } = await service.createKey({ name: "checks", scopes: ["check"] });
    const { key: changes } = await service.createKey({ name: "changes", scopes: ["lists"] });
    const checking = newClient(checks);
    const { matches } = await checking.imageModeration.matchFileInput(picture, { listId });
    assert.deepEqual([matches?.[0]?.tags, matches?.[0]?.label], [[7], "seen"]);
    for (const call of [
      () => checking.listManagementImageLists.create(JSON_TYPE, { name: "no" }),
      () => checking.listManagementImageLists.getAllImageLists(),
      () => checking.listManagementImageLists.deleteMethod(listId),
      () => checking.listManagementImage.addImageFileInput(listId, picture),
      () => checking.listManagementImage.deleteAllImages(listId),
      () => newClient(changes).imageModeration.matchFileInput(picture, { listId }),
      () => newClient(changes).imageModeration.evaluateFileInput(picture),
    ]) {
      const failure = await failureOf(call());
      assert.deepEqual([failure.statusCode, failure.code], [403, "403"]);
    }
    assert.equal((await client.imageModeration.matchFileInput(picture, { listId })).isMatch, true);
  });

  it("says Out of call volume quota, with a status that the client doesn't try again, and charges the native price", async () => {
    const { key } = await service.createKey({ name: "used up", quota: { limit: 1, period: "day" } });
    const poor = newClient(key);
    const picture = await detailedPicture(7115);
    await poor.imageModeration.matchFileInput(picture);
    await poor.imageModeration.evaluateFileInput(picture);
    const failure = await failureOf(poor.imageModeration.matchFileInput(await detailedPicture(7116)));
    assert.deepEqual([failure.statusCode, failure.code], [403, "403"]);
    assert.match(failure.message, /^Out of call volume quota\. Quota will be replenished in 0\.\d\d:\d\d:\d\d\.$/);
  });

  it("refuses in the vendor's shapes what is no image", async () => {
    const { listId } = await newList(await detailedPicture(7117));
    const picture = await flatPicture("#204060");
    origin.serve("/text.png", Buffer.from("hello"));
    const url = (value: unknown, form: unknown = "URL") => JSON.stringify({ DataRepresentation: form, Value: value });
    const json = { "content-type": JSON_TYPE };
    const gif = { "content-type": "image/gif" };
    for (const path of [`${LISTS}/${listId}/images`, MATCH, EVALUATE]) {
      for (const [body, headers, title] of [
        ["this is not an image", gif, "Image Format Error"],
        [new Uint8Array(picture.subarray(0, picture.length - 30)), gif, "Image Format Error"],
        ["", gif, "Image Format Error"],
        [undefined, {}, "Image Format Error"],
        [url(`${base}/text.png`), json, "Image Format Error"],
        [url(`${base}/missing.png`), json, "Image Download Error"],
        [url("file:///etc/passwd"), json, "Image Download Error"],
        [url(7), json, "Bad Request"],
        [url("x", "Inline"), json, "Bad Request"],
        ["[1", json, "Bad Request"],
        ["7", json, "Bad Request"],
      ] as const) {
        const answer = await raw("POST", path, body, headers);
        assert.deepEqual(
          [answer.http, answer.body.Errors?.[0]?.Title],
          [400, title],
          `${path} ${String(body).slice(0, 40)}`,
        );
        const { code, message } = answer.body.error;
        assert.deepEqual(answer.body.Error, { Code: code, Message: message });
        assert.deepEqual([answer.body.Message, answer.body.Errors], [title, [{ Title: title, Message: message }]]);
        assert.match(answer.body.TrackingId, /^req_/);
        assert.doesNotMatch(message, /ECONN|127\.0\.0\.1|node_modules/);
      }
    }
    const large = await raw("POST", MATCH, new Uint8Array(20 * 1024 * 1024 + 1), gif);
    assert.deepEqual([large.http, large.body.Message], [400, "Image Size Error"]);
    const failure = await failureOf(client.imageModeration.matchFileInput(Buffer.from("no image")));
    assert.deepEqual([failure.statusCode, failure.code], [400, "400"]);
  });

  it("refuses details, tags and numbers that can't be", async () => {
    const { listId } = await newList(await detailedPicture(7118));
    const json = { "content-type": JSON_TYPE };
    const many = Object.fromEntries(Array.from({ length: 16 }, (_, place) => [`name ${place}`, "x"]));
    for (const [method, path, body, status] of [
      ["POST", LISTS, JSON.stringify({ Name: 7 }), 400],
      ["POST", LISTS, JSON.stringify({ Name: "a\0b" }), 400],
      ["POST", LISTS, JSON.stringify({ Name: "x".repeat(1001) }), 400],
      ["POST", LISTS, JSON.stringify({ Metadata: many }), 400],
      ["POST", LISTS, "{", 400],
      ["POST", LISTS, undefined, 400],
      ["PUT", `${LISTS}/${listId}`, JSON.stringify({ Metadata: { a: 1 } }), 400],
      ["POST", `${LISTS}/${listId}/images?tag=minus`, "x", 400],
      ["POST", `${LISTS}/${listId}/images?tag=2147483648`, "x", 400],
      ["GET", `${LISTS}/0`, undefined, 404],
      ["GET", `${LISTS}/${"9".repeat(30)}`, undefined, 404],
      ["GET", `${LISTS}/list_1`, undefined, 404],
      ["PUT", `${LISTS}/999999999`, "{}", 404],
      ["DELETE", `${LISTS}/999999999`, undefined, 404],
      ["POST", `${LISTS}/999999999/RefreshIndex`, undefined, 404],
      ["DELETE", `${LISTS}/${listId}/images/999999999`, undefined, 404],
      ["DELETE", `${LISTS}/${listId}/images/ent_1`, undefined, 404],
    ] as const) {
      const answer = await raw(method, path, body, json);
      assert.deepEqual([answer.http, answer.body.Error?.Code], [status, String(status)], `${method} ${path}`);
      // In the caller's numbers.
      const sent = /\d{9,}(?=\/RefreshIndex$|$)/.exec(path)?.[0];
      if (status === 404 && sent !== undefined) {
        assert.match(
          answer.body.Error.Message,
          new RegExp(`^Expected the number of an existing .* received "${sent}"$`),
        );
      }
    }
    const { http } = await raw("POST", `${MATCH}?listId=x`, "x", { "content-type": "image/png" });
    assert.equal(http, 404);
  });

  it("says of the vendor's other calls that they are not served, and of unknown paths that there is nothing", async () => {
    for (const call of [
      () => client.imageModeration.findFacesUrlInput(JSON_TYPE, link(`${base}/a.png`)),
      () => client.imageModeration.oCRUrlInput("eng", JSON_TYPE, link(`${base}/a.png`)),
      () => client.textModeration.screenText("text/plain", "some words"),
      () => client.textModeration.detectLanguage("text/plain", "some words"),
      () => client.listManagementTermLists.getAllTermLists(),
      () => client.listManagementTerm.getAllTerms("1", "eng"),
      () => client.reviews.getReview("team", "review"),
    ]) {
      const failure = await failureOf(call());
      assert.deepEqual([failure.statusCode, failure.code], [501, "501"]);
    }
    for (const [method, path] of [
      ["GET", "/contentmoderator"],
      ["GET", "/contentmoderator/lists/v1.0/nothing"],
      ["PATCH", `${LISTS}/1`],
      ["GET", MATCH],
    ] as const) {
      const { http, body } = await raw(method, path);
      assert.deepEqual(
        [http, body.error, body.Error?.Code],
        [404, { code: "404", message: "Resource not found" }, "404"],
      );
    }
  });

  it("answers in the vendor's shapes where no route was asked, and where the database is away", async () => {
    const port = Number(new URL(service.url).port);
    for (const root of ["/contentmoderator", "//contentmoderator"]) {
      const [refused] = await exchange(port, `GET ${root}/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`);
      const body = JSON.parse(refused?.body ?? "");
      assert.deepEqual([refused?.status, body.error.code, body.Error.Code], [400, "400", "400"]);
    }
    const cut = await startWithoutDatabase(service);
    const headers = { "Ocp-Apim-Subscription-Key": cut.adminKey };
    const response = await fetch(`${cut.url}${LISTS}`, { headers });
    const { Error: error, Message: title } = (await response.json()) as { Error: { Code: string }; Message: string };
    assert.deepEqual([response.status, error.Code, title], [503, "503", "Service Unavailable"]);
    assert.ok(Number(response.headers.get("retry-after")) >= 1);
    await cut.close();
  });

  it("can be switched off", async () => {
    await withSettings(service, { compat: [] }, async (off) => {
      const response = await off.request(LISTS);
      assert.equal(response.status, 404);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
    });
  });
});
