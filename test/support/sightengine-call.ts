import type { TestService } from "./service.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests read answers by the paths that they assert.
type Json = any;

export interface SightengineAnswer {
  readonly http: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** Who asks, and with which parameters. */
export interface SightengineCall {
  readonly key: { readonly id: string; readonly secret: string };
  readonly media?: Buffer;
  readonly path?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Asks one of Sightengine's endpoints as its page shows it: a form where there is media, else GET. */
export async function callSightengine(service: TestService, call: SightengineCall): Promise<SightengineAnswer> {
  const { key, media, path = "/1.0/check.json", parameters = {} } = call;
  const all = { ...parameters, api_user: key.id, api_secret: key.secret };
  if (media === undefined) return await answerOf(await fetch(`${service.url}${path}?${new URLSearchParams(all)}`));
  const form = new FormData();
  form.append("media", new Blob([new Uint8Array(media)]), "image.png");
  for (const [name, value] of Object.entries(all)) form.append(name, value);
  return await answerOf(await fetch(service.url + path, { method: "POST", body: form }));
}

async function answerOf(response: Response): Promise<SightengineAnswer> {
  return { http: response.status, headers: response.headers, body: await response.json() };
}
