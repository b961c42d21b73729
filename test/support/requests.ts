import type { TestService } from "./service.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests read answers by the paths that they assert.
type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** Asks the service and reads a JSON answer; without `key` as the admin, with null as nobody. */
export async function ask(
  service: TestService,
  method: string,
  path: string,
  options: { readonly key?: string | null; readonly body?: unknown; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { key, body } = options;
  const headers = new Headers(options.headers);
  if (key === null) headers.set("authorization", "");
  else if (key !== undefined) headers.set("authorization", `Bearer ${key}`);
  let sent: NonNullable<RequestInit["body"]> | null = null;
  if (body instanceof Buffer || body instanceof FormData || body instanceof URLSearchParams) sent = body;
  else if (body !== undefined) sent = typeof body === "string" ? body : JSON.stringify(body);
  if (body instanceof Buffer && !headers.has("content-type")) headers.set("content-type", "application/octet-stream");
  else if (sent !== null && typeof sent === "string" && !headers.has("content-type")) {
    headers.set("content-type", "application/json");
  }
  const response = await service.request(path, { method, headers, body: sent });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}

/** Checks an image sent as the raw body. */
export function check(
  service: TestService,
  bytes: Buffer,
  options: { readonly key?: string | null; readonly query?: string; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { query = "", ...rest } = options;
  return ask(service, "POST", `/v1/images/check${query}`, { ...rest, body: bytes });
}
