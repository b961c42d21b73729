import assert from "node:assert/strict";
import { ask } from "./requests.ts";
import type { TestService } from "./service.ts";

/** Makes a list with one picture in it, by the native API; the next request anywhere is held against it. */
export async function listPicture(service: TestService, list: object, picture: Buffer): Promise<string> {
  const made = await ask(service, "POST", "/v1/lists", { body: list });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { name } = made.body as { readonly name: string };
  const added = await ask(service, "POST", `/v1/lists/${name}/entries`, {
    body: picture,
    headers: { "content-type": "image/png" },
  });
  assert.equal(added.status, 201, JSON.stringify(added.body));
  return name;
}
