import { AppError, ERRORS, type ErrorCode } from "../../errors.ts";
import { retryAfterHeader } from "../../http/retry-after.ts";
import { redactKeys } from "../../redact-keys.ts";

/** Of a text of the caller's that is told back, in characters. */
const MOST_TOLD_BACK = 200;
/** Of an object of the caller's. */
const MOST_MEMBERS = 20;

/** One fault of a parameter, as pydantic tells it, which checks HMA's parameters. */
export interface Fault {
  readonly type: "missing" | "bool_parsing" | "float_parsing" | "string_type";
  readonly loc: readonly string[];
  readonly msg: string;
  readonly input: unknown;
}

/** Parameters that HMA refuses before it looks at their meaning: status 422 and an array of faults. */
export class InvalidParameters extends AppError {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super("parameter_invalid", faults.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; "));
    this.faults = faults;
  }
}

/** Status and JSON of a failure: `{"message": ...}`, the shape of HMA's error handler (utils/flask_utils.py). */
export function describeFailure(error: AppError): {
  status: number;
  body: object;
  headers: Readonly<Record<string, string>>;
} {
  if (error instanceof InvalidParameters) return { status: 422, body: error.faults.map(presentFault), headers: {} };
  const status = statusOf(error.code);
  const headers = {
    ...(status === 401 && { "WWW-Authenticate": 'Bearer realm="lookalike", Basic realm="lookalike", charset="UTF-8"' }),
    ...retryAfterHeader(error, status),
  };
  return { status, body: { message: redactKeys(messageOf(error)) }, headers };
}

/** The caller's own input is told back as pydantic does, but for keys, long texts and what lies deeper than one level. */
function presentFault({ input, ...fault }: Fault): Fault {
  return { ...fault, input: presentInput(input, true) };
}

function presentInput(input: unknown, isWhole: boolean): unknown {
  if (typeof input === "string") return redactKeys(input).slice(0, MOST_TOLD_BACK);
  if (typeof input !== "object" || input === null) return input;
  if (Array.isArray(input) || !isWhole) return null;
  const members = Object.entries(input).slice(0, MOST_MEMBERS);
  return Object.fromEntries(
    members.map(([name, value]) => [redactKeys(name).slice(0, MOST_TOLD_BACK), presentInput(value, false)]),
  );
}

/** What HMA answers with 400, whatever it is that is wrong with a picture or hash, and 403 for a bank that exists. */
function statusOf(code: ErrorCode): number {
  if (code === "list_exists") return 403;
  const { status } = ERRORS[code];
  return status === 422 || (status === 415 && code.startsWith("image_")) ? 400 : status;
}

/** HMA's own words, where it has some. */
function messageOf({ code, message }: AppError): string {
  switch (code) {
    case "url_malformed":
    case "url_forbidden":
      return "Invalid or unsafe URL provided";
    case "url_unreachable":
      return `Failed to fetch URL: ${message}`;
    case "image_too_many_bytes":
    case "body_too_large":
      return `Content too large: ${message}`;
    case "hash_insufficient_detail":
      return `Invalid pdq signal: ${message}`;
    case "credentials_missing":
    case "credentials_invalid":
      return `Authentication required: ${message}`;
    case "route_not_found":
      return "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.";
    case "method_not_allowed":
      return "The method is not allowed for the requested URL.";
    default:
      return message;
  }
}

/** A refusal in HMA's words with 400, as its `abort(400, ...)`. */
export function badRequest(message: string): AppError {
  return new AppError("parameter_invalid", message);
}
