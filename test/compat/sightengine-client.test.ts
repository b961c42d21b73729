import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { fixturePath } from "../support/fixtures.ts";
import { httpAnswer, type ImageOrigin, startImageOrigin } from "../support/image-origin.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";
import { startTlsFront, type TlsFront } from "../support/tls-front.ts";

const HOST = "api.sightengine.com";
const PRELOAD = fileURLToPath(new URL("clients/vendor-host.cjs", import.meta.url));
const PROGRAM = fileURLToPath(new URL("clients/sightengine.cjs", import.meta.url));

let service: TestService;
let front: TlsFront;
let origin: ImageOrigin;
let originUrl: string;
before(async () => {
  service = await startService();
  front = await startTlsFront(HOST, Number(new URL(service.url).port));
  const picture = await readFile(fixturePath("Porn"));
  origin = await startImageOrigin((path, socket) => {
    socket.end(path.startsWith("/porn.png") ? httpAnswer(200, [], picture) : httpAnswer(404, []));
  });
  originUrl = `http://127.0.0.1:${origin.port}`;
});
after(async () => {
  await front.close();
  await origin.close();
  await service.close();
});

interface ClientCall {
  readonly models?: readonly string[];
  readonly method: "set_url" | "set_file" | "set_bytes" | "video" | "video_sync" | "feedback";
  readonly args: readonly (string | { readonly bytesOf: string } | { readonly streamOf: string })[];
}

// biome-ignore lint/suspicious/noExplicitAny: tests read answers by the paths that they assert.
type Json = any;

/** Runs calls by the client as npm has it, in a process of their own, against the host written into it. */
async function run(key: { id: string; secret: string }, calls: readonly ClientCall[]): Promise<Json[]> {
  const child = spawn(process.execPath, ["--require", PRELOAD, PROGRAM], {
    env: {
      ...process.env,
      NODE_EXTRA_CA_CERTS: front.certificateFile,
      VENDOR_HOST: HOST,
      VENDOR_PORT: String(front.port),
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(JSON.stringify({ user: key.id, secret: key.secret, calls }));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (output === "") throw new Error(`The client printed nothing: ${errors}`);
  return JSON.parse(output);
}

describe("the client of Sightengine's, sightengine 1.3.1 from npm", () => {
  it("checks a URL, a file, a stream, bytes and base64, and is charged an operation for each model", async () => {
    const { id, secret, key } = await service.createKey({ name: "client", quota: { limit: 100, period: "day" } });
    const url = `${originUrl}/porn.png?a=1&b=2`;
    const base64 = (await readFile(fixturePath("Porn"))).toString("base64");
    const models = ["nudity", "type"];
    const answers = await run({ id, secret }, [
      { models, method: "set_url", args: [url] },
      { models, method: "set_file", args: [fixturePath("Porn")] },
      { models, method: "set_bytes", args: [{ streamOf: fixturePath("Porn") }] },
      { models, method: "set_bytes", args: [{ bytesOf: fixturePath("Porn") }] },
      { models, method: "set_bytes", args: [base64, "image.png"] },
    ]);
    assert.deepEqual(
      answers.map((answer) => [answer.status, answer.request.operations, answer.media.uri]),
      [
        ["success", 2, url],
        ["success", 2, "Porn.png"],
        ["success", 2, "Porn.png"],
        ["success", 2, "media"],
        ["success", 2, "image.png"],
      ],
    );
    for (const { nudity, type } of answers) {
      assert.ok(nudity.raw > 0.9 && nudity.raw + nudity.partial + nudity.safe > 0.999, JSON.stringify(nudity));
      assert.ok(type.photo > 0.9, JSON.stringify(type));
      assert.deepEqual([nudity, type], [answers[0].nudity, answers[0].type], "the same picture whichever way it came");
    }
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 100 - 5 * 2);
    const [first = "", second = ""] = front.heads;
    assert.match(first, /^GET \/1\.0\/check\.json\?models=nudity%2Ctype&url=[^ ]*&api_user=[^ ]*&api_secret=/);
    assert.match(first, /^host: api\.sightengine\.com$/im);
    assert.match(first, /^user-agent: SE-SDK-NODEJS1\.3\.1$/im);
    assert.match(second, /^POST \/1\.0\/check\.json HTTP/);
    assert.match(second, /^transfer-encoding: chunked$/im);
  });

  it("reads every failure as the vendor's object", async () => {
    const { id, secret } = await service.createKey({ name: "failures", quota: { limit: 1, period: "day" } });
    const [missing, notAnImage, unsupported, used, exhausted] = await run({ id, secret }, [
      { models: ["nudity"], method: "set_url", args: [`${originUrl}/missing.png`] },
      { models: ["nudity"], method: "set_file", args: [PROGRAM] },
      { models: ["nudity", "wad", "properties"], method: "set_file", args: [fixturePath("Neutral")] },
      { models: ["nudity"], method: "set_file", args: [fixturePath("Neutral")] },
      { models: ["nudity"], method: "set_file", args: [fixturePath("Neutral")] },
    ]);
    const [wrong] = await run({ id, secret: "wrong" }, [
      { models: ["nudity"], method: "set_file", args: [fixturePath("Neutral")] },
    ]);
    const failures = [missing, notAnImage, unsupported, exhausted, wrong];
    assert.deepEqual(
      failures.map(({ status, request, error }) => [status, request.operations, error.type]),
      [
        ["failure", 0, "media_error"],
        ["failure", 0, "media_error"],
        ["failure", 0, "argument_error"],
        ["failure", 0, "usage_limit"],
        ["failure", 0, "credentials_error"],
      ],
    );
    assert.match(unsupported.error.message, /wad, properties/);
    assert.deepEqual([wrong.error.code, wrong.error.message], [1, "Incorrect API user or API secret"]);
    assert.deepEqual([used.status, used.request.operations], ["success", 1], "what failed before cost nothing");
  });

  it("sends feedback by URL and by file for 0 operations, and reads what is wrong with it", async () => {
    const { id, secret, key } = await service.createKey({ name: "feedback", quota: { limit: 1, period: "day" } });
    const answers = await run({ id, secret }, [
      { method: "feedback", args: ["nudity", "safe", `${originUrl}/porn.png`] },
      { method: "feedback", args: ["type", "photo", fixturePath("Porn")] },
      { method: "feedback", args: ["nudity", "safe", `${originUrl}/missing.png`] },
      { method: "feedback", args: ["model9999", "safe", fixturePath("Porn")] },
    ]);
    assert.deepEqual(
      answers.map(({ status, request, error }) => [status, request.operations, error?.type]),
      [
        ["success", 0, undefined],
        ["success", 0, undefined],
        ["failure", 0, "media_error"],
        ["failure", 0, "argument_error"],
      ],
    );
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 1);
    const [file, url] = (await ask(service, "GET", "/v1/feedback")).body.feedback;
    assert.deepEqual([url.model, url.class, file.model, file.class], ["nudity", "safe", "type", "photo"]);
    assert.equal(url.fingerprint.sha256, file.fingerprint.sha256, "the bytes came as they were");
  });

  it("reads that videos are not supported, asked at //1.0, and that its keys are wrong before that", async () => {
    const { id, secret } = await service.createKey({ name: "videos" });
    const calls: ClientCall[] = [
      { models: ["nudity"], method: "video", args: [`${originUrl}/a.mp4`, `${originUrl}/callback`] },
      { models: ["nudity"], method: "video_sync", args: [`${originUrl}/a.mp4`] },
    ];
    const before = front.heads.length;
    for (const { status, request, error } of await run({ id, secret }, calls)) {
      assert.deepEqual([status, request.operations, error.type], ["failure", 0, "request_error"]);
      assert.equal(error.message, "Video moderation is not supported by this service");
    }
    const paths = front.heads.slice(before).map((head) => head.split(/[ ?]/)[1]);
    assert.deepEqual(paths, ["//1.0/video/check.json", "//1.0/video/check-sync.json"]);
    for (const { error } of await run({ id, secret: "wrong" }, calls)) assert.equal(error.code, 1);
  });
});
