import type { ValidationTargets } from "hono";
import type { core } from "zod";
import { AppError } from "../errors.ts";

/** What a validator found: the issues of one target, and the value that has them. */
export interface ValidationOutcome {
  readonly success: boolean;
  readonly target: keyof ValidationTargets;
  readonly data?: unknown;
  readonly error?: { readonly issues: readonly core.$ZodIssue[] };
}

/**
 * The `defaultHook` of an OpenAPIHono: turns the first issue of a request that doesn't validate into `parameter_invalid`,
 * naming the field (`hashes[3].value`), what was expected and what came.
 * @throws AppError parameter_invalid
 */
export function rejectInvalid(outcome: ValidationOutcome): void {
  const issue = outcome.error?.issues[0];
  if (outcome.success || issue === undefined) return;
  throw invalidParameter(issue, outcome.data, outcome.target === "json" ? "body" : outcome.target);
}

/**
 * The error of one zod issue.
 * @param value the whole value that was validated
 * @param whole what to call that value where the issue is about all of it
 */
export function invalidParameter(issue: core.$ZodIssue, value: unknown, whole = "body"): AppError {
  if (issue.code === "unrecognized_keys") {
    const field = fieldPath([...issue.path, ...issue.keys.slice(0, 1)]);
    return new AppError("parameter_invalid", `Expected no ${field} but received one`, { field });
  }
  const field = fieldPath(issue.path);
  const message = `Expected ${expectation(issue)} for ${field || whole} but received ${describe(valueAt(value, issue.path))}`;
  return new AppError("parameter_invalid", message, field === "" ? {} : { field });
}

/** `["hashes", 3, "value"]` -> `hashes[3].value`. */
function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) =>
      typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key).slice(0, 60)}`,
    )
    .join("");
}

function expectation(issue: core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "int" ? "a whole number" : `a value of type ${issue.expected}`;
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return bound(issue.inclusive === false ? "more than" : "at least", issue.minimum, issue.origin);
    case "too_big":
      return bound(issue.inclusive === false ? "less than" : "at most", issue.maximum, issue.origin);
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_format":
      return issue.format === "regex"
        ? `text that matches ${issue.pattern ?? "the pattern"}`
        : `text in the format ${issue.format}`;
    case "custom":
      return issue.message.replace(/^Expected /, "");
    default:
      return "a valid value";
  }
}

function bound(words: string, limit: number | bigint, origin: string): string {
  const unit = origin === "string" ? " characters" : origin === "array" || origin === "set" ? " items" : "";
  return `${words} ${limit}${unit}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}

/** A value for a message: what it is, and no more of it than fits in a line. */
function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `an array of ${value.length} items`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value !== "string") return String(value);
  return value.length > 60 ? `text of ${value.length} characters` : JSON.stringify(value);
}
