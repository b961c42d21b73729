import assert from "node:assert/strict";
import { ERRORS, type ErrorCode } from "../../src/errors.ts";
import { VENDOR_CALLS } from "./vendor-calls.ts";

/** The part of a response that is judged. */
interface ErrorAnswer {
  readonly status: number;
  readonly headers: Headers;
}

const MEMBERS = new Set(["type", "title", "status", "detail", "code", "instance", "field", "retry_after_seconds"]);

/** What never belongs in an answer: where the service runs, what it asked its database, how it is built inside. */
const LEAKS: readonly (readonly [string, RegExp])[] = [
  ["a stack", /\n\s+at |\bat \S+ \(|\.[cm]?[jt]s:\d+/],
  [
    "a file",
    /(^|[\s"'(=])\/(?:home|root|tmp|usr|var|etc|opt|proc|data|work|app|mnt)\/|node_modules|node:internal|[A-Z]:\\/,
  ],
  [
    "SQL",
    /\b(?:select|insert into|update|delete from) .+ (?:from|values|set|where)\b|\brelation "|SQLSTATE|pg_\w|\$\d\b/i,
  ],
  [
    "an inside address",
    /\b(?:127\.\d+\.\d+\.\d+|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|169\.254\.\d+\.\d+)\b|\[?::1\]?:\d|:5432\b/,
  ],
  [
    "an inside error",
    /\bE(?:CONN|HOST|PIPE|ADDR|TIMED|NOENT|ACCES|AI_)[A-Z]*\b|libvips|Vips|onnx(?!\.)|postgres(?:ql)?:\/\//i,
  ],
];

/** Asserts that an answer, of any surface, tells nothing from inside. */
export function assertTellsNothing(headers: Headers, body: string): void {
  for (const [name, pattern] of LEAKS) assert.ok(!pattern.test(body), `${name} in an error answer: ${body}`);
  for (const [name, value] of headers) {
    for (const [leak, pattern] of LEAKS) assert.ok(!pattern.test(value), `${leak} in header ${name}: ${value}`);
  }
}

/**
 * Asserts that an answer is a whole error answer and tells nothing from inside: on the native API a problem document (RFC
 * 9457) of the catalogue with its headers, on a vendor's surface that vendor's object, with a status that goes with it there.
 * @param body as it was sent, as text
 */
export function assertCleanError(response: ErrorAnswer, body: string): void {
  assertTellsNothing(response.headers, body);
  const type = response.headers.get("content-type") ?? "";
  const parsed = JSON.parse(body) as Record<string, unknown>;
  if (type.startsWith("application/problem+json")) assertProblem(response, parsed);
  else assertVendorError(response.status, type, parsed);
}

function assertProblem(response: ErrorAnswer, problem: Record<string, unknown>): void {
  const text = JSON.stringify(problem);
  for (const name of Object.keys(problem)) assert.ok(MEMBERS.has(name), `no member ${name} in ${text}`);
  const { code } = problem;
  assert.ok(typeof code === "string" && Object.hasOwn(ERRORS, code), `a code of the catalogue in ${text}`);
  const { status, title } = ERRORS[code as ErrorCode];
  assert.equal(problem.type, `/docs/errors#${code}`, text);
  assert.equal(problem.title, title, text);
  assert.equal(problem.status, status, text);
  assert.equal(response.status, status, text);
  assert.ok(typeof problem.detail === "string" && problem.detail !== "", `a detail in ${text}`);
  const retryAfter = response.headers.get("retry-after");
  assert.equal(retryAfter === null ? undefined : Number(retryAfter), problem.retry_after_seconds, text);
  if (status === 503) assert.ok(Number(retryAfter) >= 1, `Retry-After with 503: ${text}`);
  if (status === 401) assert.ok(response.headers.has("www-authenticate"), `WWW-Authenticate with 401: ${text}`);
}

function assertVendorError(status: number, type: string, answer: unknown): void {
  const text = JSON.stringify(answer);
  assert.ok(type.startsWith("application/json"), `problem+json or the vendor's JSON, not ${type}: ${text}`);
  assert.ok(
    VENDOR_CALLS.some((call) => call.isFailure(status, answer)),
    `a vendor's error object, not ${text}`,
  );
}
