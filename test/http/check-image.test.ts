import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { detailedPicture, shrunkCopy } from "../support/pictures.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

async function check(bytes: Buffer, query = ""): Promise<{ status: number; body: Record<string, never> & any }> {
  const response = await service.request(`/v1/images/check${query}`, {
    method: "POST",
    headers: { "content-type": "image/png" },
    body: bytes,
  });
  return { status: response.status, body: await response.json() };
}

describe("POST /v1/images/check", () => {
  it("bans take effect with the very next request, for a shrunk and re-encoded copy", async () => {
    const picture = await detailedPicture(1);
    const first = await check(picture);
    assert.equal(first.body.verdict, "allow");
    await service.request("/v1/lists", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "spam" }),
    });
    const ban = await service.request("/v1/lists/spam/entries", {
      method: "POST",
      headers: { "content-type": "image/png" },
      body: picture,
    });
    assert.equal(ban.status, 201);
    const copy = await check(await shrunkCopy(picture));
    assert.equal(copy.body.verdict, "block");
    assert.equal(copy.body.matches[0].list, "spam");
  });
});
