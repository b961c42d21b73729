import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { missingProgram } from "../support/debian-program.ts";
import { httpAnswer, type ImageOrigin, startImageOrigin } from "../support/image-origin.ts";
import { detailedPicture, shrunkCopy } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

const run = promisify(execFile);
const PYTHON = "/usr/bin/python3";
const CLIENT = "/usr/lib/python3/dist-packages/azure/cognitiveservices/vision/contentmoderator/__init__.py";
const script = fileURLToPath(new URL("./clients/azure_content_moderator.py", import.meta.url));
const ok = { code: 3000, description: "OK" };

// biome-ignore lint/suspicious/noExplicitAny: read by the paths that are asserted.
type Seen = Record<string, any>;

let service: TestService;
let origin: ImageOrigin;
let folder: string;
let picture: Buffer;
let copy: Buffer;

before(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), "lookalike-azure-"));
  picture = await detailedPicture(7201);
  copy = await shrunkCopy(picture, 0.3, 40);
  origin = await startImageOrigin((_path, socket) => socket.end(httpAnswer(200, ["Content-Type: image/jpeg"], copy)));
});
after(async () => {
  await origin.close();
  await service.close();
  await rm(folder, { recursive: true });
});

describe("the vendor's client for Python", { skip: missingProgram(PYTHON) || missingProgram(CLIENT) }, () => {
  it("makes and fills a list, matches and evaluates by file in chunks and by URL, and reads every refusal", async () => {
    const file = join(folder, "picture.png");
    await writeFile(file, picture);
    const copyUrl = `http://127.0.0.1:${origin.port}/copy.jpg`;
    const { stdout } = await run(PYTHON, [script, service.url, service.adminKey, file, copyUrl]);
    const seen = JSON.parse(stdout) as Seen;

    const list = { ...seen.create, description: "A sample list", metadata: { Acceptable: "Potentially racy" } };
    const listId = String(list.id);
    assert.deepEqual(seen.create, { ...list, name: "MyList" });
    assert.deepEqual(seen.lists, [seen.create]);
    assert.deepEqual(seen.update, { ...list, name: "Renamed" });

    const contentId = seen["add file"].content_id;
    assert.deepEqual(seen["add file"].additional_info, [
      { key: "Source", value: listId },
      { key: "ImageSizeInBytes", value: String(picture.length) },
    ]);
    const match = { match_id: Number(contentId), source: listId, tags: [101], label: "Sports" };
    assert.deepEqual([seen["match file"].is_match, seen["match file"].matches], [true, [{ score: 1, ...match }]]);
    const [{ score, ...near }] = seen["match url"].matches;
    assert.deepEqual(near, match);
    assert.ok(score > 0.8 && score < 1, String(score));
    for (const [name, bytes] of [
      ["evaluate file", picture],
      ["evaluate url", copy],
    ] as const) {
      const { result, is_image_adult_classified, is_image_racy_classified, advanced_info, status } = seen[name];
      // Nothing in its looks: the list blocks it.
      assert.deepEqual([result, is_image_adult_classified, is_image_racy_classified], [true, false, false], name);
      assert.deepEqual(advanced_info, [{ key: "ImageSizeInBytes", value: String(bytes.length) }]);
      assert.deepEqual(status, ok);
    }

    assert.deepEqual([seen["add again"].status, seen["add again"].code], [409, "409"]);
    assert.deepEqual([seen.refresh.content_source_id, seen.refresh.is_update_success], [listId, true]);
    assert.deepEqual([seen.ids.content_source, seen.ids.content_ids], [listId, [Number(contentId)]]);
    assert.equal(seen["delete image"], "");
    assert.deepEqual([seen["match none"].is_match, seen["match none"].matches], [false, []]);
    assert.notEqual(seen["add url"].content_id, contentId);
    assert.deepEqual(seen["add url"].additional_info, [{ key: "Source", value: listId }]);
    assert.equal(seen["delete images"], "Reset Successful.");
    assert.deepEqual(seen["ids of none"].content_ids, []);
    assert.equal(seen["delete list"], "");

    for (const [name, status, message] of [
      ["add nothing", 400, /received 0/],
      ["match nothing", 400, /received 0/],
      ["no list", 404, new RegExp(`existing list but received "${listId}"$`)],
      ["faces", 501, /nothing else is served/],
      ["wrong key", 401, /^Access denied due to invalid subscription key/],
    ] as const) {
      assert.deepEqual([seen[name].status, seen[name].code], [status, String(status)], name);
      assert.match(seen[name].message, message);
    }
    const { body } = await ask(service, "GET", "/v1/lists");
    assert.deepEqual(body.lists, []);
  });
});
