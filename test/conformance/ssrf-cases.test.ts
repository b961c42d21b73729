import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { after, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { AppError } from "../../src/errors.ts";
import { isPublicAddress } from "../../src/image/address-policy.ts";
import { type FetchImageOptions, fetchImage } from "../../src/image/fetch-image.ts";
import { sniffFormat } from "../../src/image/sniff-format.ts";
import { httpAnswer, listenOnLoopback, recordingDial, startImageOrigin } from "../support/image-origin.ts";
import { sharedData } from "../support/shared-data.ts";

/** One case of shared/data/ssrf-cases.json; `layer` says what should decide it. */
interface SsrfCase {
  readonly id: string;
  readonly category: string;
  readonly expected: "ALLOW" | "BLOCK";
  readonly layer: string;
  readonly url: string;
  readonly note: string;
}

const CASES = 125;
/** The public address behind which the tests' origin stands. */
const PUBLIC = "93.184.216.34";
const MAX_BYTES = 20 * 1024 * 1024;
const PATIENT_MS = 60_000;
const SHORT_MS = 300;
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);

/** Cases that only the deadline ends. */
const SLOW = new Set(["slowdns.ssrf.test", "/slow-headers", "/slow-body"]);
const TOO_MANY_BYTES = new Set(["/huge-cl", "/br-bomb"]);
/** Answers that are fetched but are no image: the format check, which reads the bytes, refuses them. */
const NOT_AN_IMAGE: Readonly<Record<string, string>> = {
  "/refresh": "<meta http-equiv=refresh content='0;url=http://127.0.0.1/'>",
  "/html-as-jpeg": "<html>",
  "/lying-cl": "x".repeat(10),
};

function dribble(socket: Socket, head: string): void {
  socket.write(head);
  const timer = setInterval(() => socket.write("x"), 5);
  socket.on("close", () => clearInterval(timer));
}

const RESPONSES: Readonly<Record<string, (socket: Socket) => void>> = {
  loop: (socket) => socket.end(httpAnswer(302, ["Location: /loop"])),
  refresh: (socket) =>
    socket.end(httpAnswer(200, ["Refresh: 0; url=http://127.0.0.1/"], NOT_AN_IMAGE["/refresh"] ?? "")),
  "slow-headers": (socket) => dribble(socket, "HTTP/1.1 200 OK\r\nX-Slow: "),
  "slow-body": (socket) => dribble(socket, "HTTP/1.1 200 OK\r\n\r\n"),
  "lying-cl": (socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n${"x".repeat(1_000_000)}`),
  "huge-cl": (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\nx"),
  "br-bomb": (socket) =>
    socket.end(httpAnswer(200, ["Content-Encoding: br"], brotliCompressSync(Buffer.alloc(30_000_000)))),
  "html-as-jpeg": (socket) => socket.end(httpAnswer(200, ["Content-Type: image/jpeg"], "<html>")),
  reset: (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", () => socket.resetAndDestroy()),
  "1000-headers": (socket) =>
    socket.end(
      httpAnswer(
        200,
        Array.from({ length: 1000 }, (_, i) => `X-${i}: a`),
        JPEG,
      ),
    ),
  "500": (socket) => socket.end(httpAnswer(500, [], "inside secret")),
};

const origin = await startImageOrigin((path, socket) => {
  const { pathname, searchParams } = new URL(path, "http://ok.ssrf.test");
  const [, kind = "", argument = "0"] = pathname.split("/");
  const respond = RESPONSES[kind];
  if (respond !== undefined) respond(socket);
  else if (kind === "r") socket.end(httpAnswer(Number(argument), [`Location: ${searchParams.get("to")}`]));
  else if (kind === "chain" && argument !== "0") {
    socket.end(httpAnswer(302, [`Location: /chain/${Number(argument) - 1}`]));
  } else socket.end(httpAnswer(200, ["Content-Type: image/jpeg"], JPEG));
});
/** Stands behind every address that isn't public. */
const tripwire = await listenOnLoopback((socket) => socket.end(httpAnswer(200, [], "inside secret")));
after(async () => {
  await origin.close();
  await tripwire.close();
});

/** What the stub resolver answers, look-up by look-up; a name it doesn't know resolves to the origin. */
const ANSWERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "a-127-0-0-1.ssrf.test": [["127.0.0.1"]],
  "aaaa-mapped.ssrf.test": [["::ffff:169.254.169.254"]],
  "mixed.ssrf.test": [[PUBLIC, "10.0.0.5"]],
  "rebind.ssrf.test": [[PUBLIC], ["127.0.0.1"]],
  "cname.ssrf.test": [["169.254.169.254"]],
  "manyaddrs.ssrf.test": [[...Array.from({ length: 199 }, (_, i) => `93.184.216.${i + 1}`), "192.168.0.1"]],
};

/** Fetches a case and tells all that happened on the way. */
async function tryCase({ url }: SsrfCase) {
  const { dial, dialled } = recordingDial((address) => (isPublicAddress(address) ? origin.port : tripwire.port));
  const lookUps: string[] = [];
  const isSlow = [...SLOW].some((part) => url.includes(part));
  const options: FetchImageOptions = {
    maxBytes: MAX_BYTES,
    timeoutMs: isSlow ? SHORT_MS : PATIENT_MS,
    maxRedirects: 3,
    allowPrivateUrls: false,
    dial,
    resolve: async (name) => {
      const answers = ANSWERS[name] ?? [[PUBLIC]];
      const answer = answers[Math.min(lookUps.push(name) - 1, answers.length - 1)] ?? [];
      return name === "slowdns.ssrf.test" ? new Promise(() => {}) : answer;
    },
  };
  const outcome = await fetchImage(url, options).catch((error: unknown) => {
    if (error instanceof AppError) return error;
    throw error;
  });
  assert.ok(dialled.every(isPublicAddress), `connected to ${dialled.join()}`);
  if (outcome instanceof AppError) {
    assert.equal(outcome.facts.field, "url");
    assert.doesNotMatch(outcome.message, /secret|\d+\.\d+\.\d+\.\d+|metadata|passwd|ECONN/);
  }
  return { outcome, dialled, lookUps };
}

/** What the fetch of a refused case must have come to, by the layer that should decide it. */
async function assertBlocked(ssrfCase: SsrfCase): Promise<void> {
  const { outcome, dialled, lookUps } = await tryCase(ssrfCase);
  const path = URL.canParse(ssrfCase.url) ? new URL(ssrfCase.url).pathname : "";
  if (!(outcome instanceof AppError)) {
    if (ssrfCase.url.includes("//rebind.")) return assert.deepEqual([dialled, lookUps.length], [[PUBLIC], 1]);
    const body = NOT_AN_IMAGE[path];
    assert.ok(body !== undefined, `fetched ${outcome.finalUrl}`);
    assert.equal(outcome.bytes.toString(), body);
    assert.equal(sniffFormat(outcome.bytes), null);
    assert.deepEqual(dialled, [PUBLIC]);
    return;
  }
  if (ssrfCase.layer === "FETCH") {
    return assert.equal(outcome.code, TOO_MANY_BYTES.has(path) ? "image_too_many_bytes" : "url_unreachable");
  }
  if (ssrfCase.layer === "REDIR") {
    assert.equal(outcome.code, /loop|chain/.test(path) ? "url_unreachable" : "url_forbidden");
    return assert.equal(dialled.length, /loop|chain/.test(path) ? 4 : 1);
  }
  assert.deepEqual(dialled, []);
  if (ssrfCase.layer === "DNS(stub)") {
    return assert.equal(outcome.code, path && ssrfCase.url.includes("slowdns") ? "url_unreachable" : "url_forbidden");
  }
  assert.deepEqual(lookUps, [], "nothing is looked up for it");
  assert.ok(outcome.code === "url_malformed" || outcome.code === "url_forbidden", outcome.code);
}

async function assertAllowed(ssrfCase: SsrfCase): Promise<void> {
  const { outcome, dialled } = await tryCase(ssrfCase);
  assert.equal(dialled.length, 1);
  // The origin speaks no TLS: an https case is decided once it is dialled.
  if (ssrfCase.url.toLowerCase().startsWith("https:")) return;
  assert.ok(!(outcome instanceof AppError), String(outcome));
  assert.deepEqual(outcome.bytes, JPEG);
}

const path = sharedData("ssrf-cases.json");
if (path === null) {
  test.skip(`${CASES} URL cases are skipped: the shared data is not beside the project`);
} else {
  const cases = JSON.parse(readFileSync(path, "utf8")) as readonly SsrfCase[];
  test("the shared data holds all its URL cases", () => assert.equal(cases.length, CASES));
  for (const ssrfCase of cases) {
    const verdict = ssrfCase.expected === "ALLOW" ? "allowed" : "refused";
    test(`${ssrfCase.id} ${ssrfCase.category}, ${ssrfCase.note || "name"}: ${verdict}`, async () => {
      await (ssrfCase.expected === "ALLOW" ? assertAllowed(ssrfCase) : assertBlocked(ssrfCase));
      assert.equal(tripwire.connections(), 0);
    });
  }
}
