import type { CompatSurface } from "../../src/config.ts";

/** Where a call goes, and who makes it. */
export interface Caller {
  /** Of the service. */
  readonly url: string;
  /** A whole key, `lk_...`. */
  readonly key: string;
  /** Serves the bytes for vendors that are only ever given URLs. */
  publish(bytes: Buffer): string;
}

/** One vendor's call that looks at a picture, as its clients make it. */
export interface VendorCall {
  readonly surface: CompatSurface;
  /** In a request's first line, without a query. */
  readonly path: string;
  send(caller: Caller, bytes: Buffer): Promise<Response>;
  /** The same for a picture at a URL, where the vendor takes any. */
  sendUrl?(caller: Caller, url: string): Promise<Response>;
  /** Whether a picture that is known already costs what a new one does. */
  readonly chargesRepeats?: true;
  /** True for the vendor's own answer to a call that failed, and to no other. */
  isFailure(status: number, body: unknown): boolean;
}

/** A member of parsed JSON at a path; undefined where there is none. */
function at(body: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string | number, unknown> | null)?.[name], body);
}

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isRefused = (status: number): boolean => status >= 400 && status <= 599;

function form(field: string, bytes: Buffer, fields: Readonly<Record<string, string>> = {}): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  data.append(field, new Blob([bytes], { type: "image/png" }), "picture.png");
  return data;
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const basic = (key: string) => {
  const [, id = "", secret = ""] = key.split("_");
  return { authorization: `Basic ${Buffer.from(`key_${id}:${secret}`).toString("base64")}` };
};

const JSON_TYPE = { "content-type": "application/json" };

/** @param picture an `http:` or `data:` URL */
function moderate({ url, key }: Caller, picture: string): Promise<Response> {
  return fetch(`${url}/v1/moderations`, {
    method: "POST",
    headers: { ...bearer(key), ...JSON_TYPE },
    body: JSON.stringify({ input: [{ type: "image_url", image_url: { url: picture } }] }),
  });
}

/** One call of each vendor. */
export const VENDOR_CALLS: readonly VendorCall[] = [
  {
    surface: "nsfw-categorize",
    path: "/api/upload",
    send: ({ url, key }, bytes) =>
      fetch(`${url}/api/upload`, { method: "POST", headers: { nsfwkey: key }, body: form("image", bytes) }),
    sendUrl: ({ url, key }, picture) => fetch(`${url}/api/upload?url=${picture}`, { headers: { nsfwkey: key } }),
    isFailure: (status, body) =>
      status === 200 && ["ERR", "NOQUOTA"].includes(String(at(body, "status"))) && isText(at(body, "reason")),
  },
  {
    surface: "sightengine",
    path: "/1.0/check.json",
    chargesRepeats: true,
    send: ({ url, key }, bytes) => {
      const fields = { models: "nudity-2.1", api_user: "me", api_secret: key };
      return fetch(`${url}/1.0/check.json`, { method: "POST", body: form("media", bytes, fields) });
    },
    sendUrl: ({ url, key }, picture) => {
      const query = new URLSearchParams({ models: "type", url: picture, api_user: "me", api_secret: key });
      return fetch(`${url}/1.0/check.json?${query}`);
    },
    isFailure: (status, body) =>
      isRefused(status) &&
      at(body, "status") === "failure" &&
      at(body, "request", "operations") === 0 &&
      isText(at(body, "error", "type")) &&
      Number.isInteger(at(body, "error", "code")) &&
      isText(at(body, "error", "message")),
  },
  {
    surface: "imagga",
    path: "/v2/categories/nsfw_beta",
    send: ({ url, key }, bytes) =>
      fetch(`${url}/v2/categories/nsfw_beta`, { method: "POST", headers: basic(key), body: form("image", bytes) }),
    sendUrl: ({ url, key }, picture) =>
      fetch(`${url}/v2/categories/nsfw_beta?image_url=${encodeURIComponent(picture)}`, { headers: basic(key) }),
    isFailure: (status, body) =>
      isRefused(status) && at(body, "status", "type") === "error" && isText(at(body, "status", "text")),
  },
  {
    surface: "pict-rs",
    path: "/pict-rs/validate",
    send: ({ url, key }, bytes) =>
      fetch(`${url}/pict-rs/validate?key=${key}`, {
        method: "POST",
        headers: { "content-type": "image/png" },
        body: bytes,
      }),
    isFailure: (status, body) => isRefused(status) && isText(at(body, "message")),
  },
  {
    surface: "misskey",
    path: "/v1/detect-images",
    send: ({ url, key }, bytes) =>
      fetch(`${url}/v1/detect-images`, { method: "POST", headers: bearer(key), body: form("image0", bytes) }),
    isFailure: (status, body) => {
      const failed = status === 200 ? at(body, "result", "results", 0) : body;
      return (
        (status === 200 || isRefused(status)) &&
        at(failed, "success") === false &&
        isText(at(failed, "error", "code")) &&
        isText(at(failed, "error", "message"))
      );
    },
  },
  {
    surface: "pleroma",
    path: "/",
    send: ({ url, key, publish }, bytes) => fetch(`${url}/?url=${publish(bytes)}`, { headers: bearer(key) }),
    sendUrl: ({ url, key }, picture) => fetch(`${url}/?url=${picture}`, { headers: bearer(key) }),
    isFailure: (status, body) =>
      isRefused(status) && at(body, "score") === undefined && isText(at(body, "error_reason")),
  },
  {
    surface: "moderatecontent",
    path: "/moderate/",
    send: ({ url, key, publish }, bytes) => fetch(`${url}/moderate/?key=${key}&url=${publish(bytes)}`),
    sendUrl: ({ url, key }, picture) => fetch(`${url}/moderate/?key=${key}&url=${picture}`),
    isFailure: (_, body) => Number(at(body, "error_code")) > 0 && isText(at(body, "error")),
  },
  {
    surface: "openai",
    path: "/v1/moderations",
    send: (caller, bytes) => moderate(caller, `data:image/png;base64,${bytes.toString("base64")}`),
    sendUrl: moderate,
    isFailure: (status, body) =>
      isRefused(status) && isText(at(body, "error", "message")) && isText(at(body, "error", "type")),
  },
  {
    surface: "azure-content-moderator",
    path: "/contentmoderator/moderate/v1.0/ProcessImage/Evaluate",
    send: ({ url, key }, bytes) =>
      fetch(`${url}/contentmoderator/moderate/v1.0/ProcessImage/Evaluate`, {
        method: "POST",
        headers: { "Ocp-Apim-Subscription-Key": key, "content-type": "image/gif" },
        body: bytes,
      }),
    sendUrl: ({ url, key }, picture) =>
      fetch(`${url}/contentmoderator/moderate/v1.0/ProcessImage/Evaluate`, {
        method: "POST",
        headers: { "Ocp-Apim-Subscription-Key": key, ...JSON_TYPE },
        body: JSON.stringify({ DataRepresentation: "URL", Value: picture }),
      }),
    isFailure: (status, body) =>
      isRefused(status) && isText(at(body, "error", "code")) && isText(at(body, "error", "message")),
  },
  {
    surface: "hma",
    path: "/h/hash",
    send: ({ url, key }, bytes) =>
      fetch(`${url}/h/hash`, { method: "POST", headers: bearer(key), body: form("photo", bytes) }),
    sendUrl: ({ url, key }, picture) =>
      fetch(`${url}/h/hash?url=${encodeURIComponent(picture)}`, { headers: bearer(key) }),
    isFailure: (status, body) =>
      isRefused(status) && (isText(at(body, "message")) || (status === 422 && isText(at(body, 0, "msg")))),
  },
];
