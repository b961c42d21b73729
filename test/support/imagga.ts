import assert from "node:assert/strict";
import type { TestService } from "./service.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests read answers by the paths that they assert.
type Json = any;

export interface ImaggaAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** A key as Imagga's clients present it. */
export interface BasicKey {
  readonly id: string;
  readonly secret: string;
}

export function basic({ id, secret }: BasicKey): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
}

/** Asks as Imagga's clients do, by Basic authentication; with null as nobody. */
export async function askImagga(
  service: Pick<TestService, "url">,
  key: BasicKey | null,
  method: string,
  path: string,
  body: NonNullable<RequestInit["body"]> | null = null,
  headers: Record<string, string> = {},
): Promise<ImaggaAnswer> {
  const response = await fetch(service.url + path, {
    method,
    headers: { ...headers, ...(key !== null && { authorization: basic(key) }) },
    body,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}

/** What a failure says, in the shape of the version that the path is of and in no other. */
export function failureText(path: string, body: Json): string {
  const isV1 = path.startsWith("/v1/");
  const { type: _type, ...rest } = body;
  const text = isV1 ? body.message : body.status?.text;
  assert.deepEqual(isV1 ? rest : body, isV1 ? { status: "error", message: text } : { status: { type: "error", text } });
  assert.ok(typeof text === "string" && text !== "", path);
  return text;
}

/** A form with files by field name. */
export function fileForm(files: Readonly<Record<string, Buffer | string>>, filename = "picture.png"): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries(files)) {
    if (typeof value === "string") form.append(field, value);
    else form.append(field, new Blob([new Uint8Array(value)]), filename);
  }
  return form;
}

/** Uploads by v2 and gives the id. */
export async function uploadImage(service: Pick<TestService, "url">, key: BasicKey, picture: Buffer): Promise<string> {
  const answer = await askImagga(service, key, "POST", "/v2/uploads", fileForm({ image: picture }));
  if (answer.status !== 200) throw new Error(`Nothing was uploaded: ${JSON.stringify(answer.body)}`);
  return answer.body.result.upload_id;
}
