import type { IncomingMessage } from "node:http";
import { AppError } from "../errors.ts";

/**
 * What to tell a client about bytes that Node's HTTP parser gave up on; null where there is nobody left to tell.
 * @param error of the server's event "clientError" (https://nodejs.org/api/http.html#event-clienterror)
 */
export function parseFailure(error: Error & { readonly code?: string }): AppError | null {
  const { code = "" } = error;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return new AppError("request_timeout", "Expected the rest of the request sooner but received none of it");
  }
  if (code === "HPE_HEADER_OVERFLOW" || code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") {
    return new AppError("headers_too_large", "Expected fewer bytes in the headers but received more");
  }
  if (!code.startsWith("HPE_")) return null;
  // The parser's own words stay behind: they quote it, not the request.
  return new AppError(
    "request_malformed",
    `Expected an HTTP/1.1 request but received ${PARTS[code] ?? "bytes that are none"}`,
    {},
    { cause: error },
  );
}

const PARTS: Readonly<Record<string, string>> = {
  HPE_INVALID_METHOD: "a method that doesn't exist",
  HPE_INVALID_URL: "a target that is no URL",
  HPE_INVALID_VERSION: "another version",
  HPE_INVALID_HEADER_TOKEN: "a header with a character that none may have",
  HPE_INVALID_CONTENT_LENGTH: "a Content-Length that is no number, or two lengths",
  HPE_UNEXPECTED_CONTENT_LENGTH: "both Content-Length and Transfer-Encoding",
  HPE_INVALID_TRANSFER_ENCODING: "a Transfer-Encoding that doesn't end with chunked, or a Content-Length beside it",
  HPE_INVALID_CHUNK_SIZE: "a chunk without a size",
  HPE_INVALID_EOF_STATE: "an end in the middle",
};

/** Whether a request says whom it is for as HTTP wants it (RFC 9112, section 3.2): 1.1 with one Host, 1.0 with one at most. */
export function hostFailure({ rawHeaders, httpVersion }: IncomingMessage): AppError | null {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  if (hosts === 1 || (hosts === 0 && httpVersion === "1.0")) return null;
  return new AppError("request_malformed", `Expected one Host header but received ${hosts}`);
}

/** For a Host header or a target that no URL can be made of. */
export function urlFailure(cause: unknown): AppError {
  const message = "Expected a Host header and a target that make a URL but received others";
  return new AppError("request_malformed", message, {}, { cause });
}
