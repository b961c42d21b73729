import type { IncomingMessage, ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { AppError } from "../errors.ts";
import { chooseRequestId } from "./middleware/request-id.ts";
import { SECURITY_HEADERS } from "./middleware/security-headers.ts";
import { describeProblem } from "./problem.ts";

/** A vendor's own answer to a request that was refused; null where the target, as in its first line, is not that vendor's. */
export type VendorRefusal = (
  target: string,
  error: AppError,
) => { readonly status: number; readonly body: object; readonly headers?: Readonly<Record<string, string>> } | null;

/** An answer that no route was asked for. */
interface Refusal {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** How long a connection stays open for a client to read why it was cut. */
const LINGER_MS = 1_000;

/** Answers a request that goes no further. */
export function refuse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  error: AppError,
  vendorRefusal: VendorRefusal,
): void {
  const requestId = chooseRequestId(incoming.headers["x-request-id"]);
  const { status, headers, body } = describeRefusal(error, requestId, incoming.url ?? "", vendorRefusal);
  outgoing.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body) }).end(body);
}

/** Answers on a connection whose bytes are no request, and closes it. */
export function refuseConnection(socket: Socket, error: AppError): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { status, headers, body } = describeRefusal(error, chooseRequestId(undefined));
  const all = { ...headers, Date: new Date().toUTCString(), "Content-Length": Buffer.byteLength(body) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}Connection: close\r\n\r\n${body}`);
  const cut = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once("close", () => clearTimeout(cut));
}

/** The same as a web response, for what can't be made a request of; the connection ends with it. */
export function refusalResponse(error: AppError): Response {
  const { status, headers, body } = describeRefusal(error, chooseRequestId(undefined));
  return new Response(body, { status, headers: { ...headers, Connection: "close" } });
}

function describeRefusal(
  error: AppError,
  requestId: string,
  target = "",
  vendorRefusal: VendorRefusal = () => null,
): Refusal {
  const problem = describeProblem(error, requestId);
  const retryAfter = problem.retry_after_seconds;
  const headers = {
    ...SECURITY_HEADERS,
    "X-Request-Id": requestId,
    ...(retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) }),
  };
  const vendors = vendorRefusal(target, error);
  if (vendors !== null) {
    return {
      status: vendors.status,
      headers: { ...headers, "Content-Type": "application/json", ...vendors.headers },
      body: JSON.stringify(vendors.body),
    };
  }
  return {
    status: problem.status,
    headers: { ...headers, "Content-Type": "application/problem+json" },
    body: JSON.stringify(problem),
  };
}
