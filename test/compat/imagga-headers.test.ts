import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { after, before, describe, it } from "node:test";
import { askImagga, basic, fileForm, uploadImage } from "../support/imagga.ts";
import { flatPicture } from "../support/pictures.ts";
import { startService, type TestService } from "../support/service.ts";

const ORIGIN = "https://shop.example";

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

describe("Imagga's surface for pages of other origins", () => {
  it("answers a preflight without a key, and allows what the vendor's API takes", async () => {
    for (const [method, path] of [
      ["POST", "/v2/uploads"],
      ["DELETE", "/v2/uploads/i0"],
      ["GET", "/v2/categories/nsfw_beta"],
      ["GET", "/v1/categorizations/nsfw_beta"],
      ["POST", "/v1/content"],
      ["GET", "/v2/usage"],
    ] as const) {
      const { status, headers } = await service.request(path, {
        method: "OPTIONS",
        headers: {
          origin: ORIGIN,
          "access-control-request-method": method,
          "access-control-request-headers": "authorization,content-type",
        },
      });
      assert.equal(status, 204, path);
      assert.equal(headers.get("access-control-allow-origin"), "*");
      const list = (name: string) => (headers.get(name) ?? "").split(/,\s*/);
      assert.ok(list("access-control-allow-methods").includes(method), path);
      // No wildcard covers Authorization (Fetch, section 3.3.2).
      for (const name of ["authorization", "content-type"]) {
        assert.ok(list("access-control-allow-headers").includes(name), name);
      }
    }
  });

  it("lets them read every answer, refusals too, but answers nobody without a key for it", async () => {
    const key = await service.createKey({ name: "page" });
    const form = fileForm({ image: await flatPicture("#770100") });
    const headers = { origin: ORIGIN };
    for (const [answer, status] of [
      [await askImagga(service, key, "POST", "/v2/categories/nsfw_beta", form, headers), 200],
      [await askImagga(service, key, "GET", "/v2/categories/nsfw_beta", null, headers), 400],
      [await askImagga(service, null, "GET", "/v2/usage", null, headers), 401],
      [await askImagga(service, null, "OPTIONS", "/v2/usage", null, headers), 401],
      [await askImagga(service, key, "GET", "/v1/content/a/b", null, headers), 404],
      [await askImagga(service, key, "GET", "/v1/usage", null, headers), 200],
    ] as const) {
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get("access-control-allow-origin"), "*");
      assert.match(answer.headers.get("access-control-expose-headers") ?? "", /Monthly-Limit-Remaining.*Retry-After/);
    }
  });
});

describe("what is left of the quota, in the headers of Imagga's answers", () => {
  const quotaOf = ({ headers }: { headers: Headers }) => [
    headers.get("monthly-limit"),
    headers.get("monthly-limit-remaining"),
  ];

  it("comes with the categories of both versions, and counts down", async () => {
    const key = await service.createKey({ name: "counted", quota: { limit: 5, period: "month" } });
    const categorize = async (colour: string) =>
      askImagga(service, key, "POST", "/v2/categories/nsfw_beta", fileForm({ image: await flatPicture(colour) }));
    const first = await categorize("#770201");
    assert.deepEqual(quotaOf(first), ["5", "4"]);
    const reset = Number(first.headers.get("monthly-limit-reset")) * 1000;
    assert.match(new Date(reset).toISOString(), /-01T00:00:00.000Z$/);
    assert.ok(reset > Date.now());
    assert.deepEqual(quotaOf(await categorize("#770201")), ["5", "4"], "a repeat costs nothing");
    const ids = [
      await uploadImage(service, key, await flatPicture("#770202")),
      await uploadImage(service, key, await flatPicture("#770203")),
    ];
    const path = `/v1/categorizations/nsfw_beta?content=${ids[0]}&content=${ids[1]}&content=none`;
    assert.deepEqual(quotaOf(await askImagga(service, key, "GET", path)), ["5", "2"]);
  });

  it("is written as the vendor writes it, for clients that compare it so", async () => {
    const key = await service.createKey({ name: "case", quota: { limit: 5, period: "month" } });
    const id = await uploadImage(service, key, await flatPicture("#770301"));
    const asked = get(`${service.url}/v1/categorizations/nsfw_beta?content=${id}`, {
      agent: false,
      headers: { authorization: basic(key) },
    });
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    answer.resume();
    assert.equal(answer.statusCode, 200);
    for (const name of ["Monthly-Limit", "Monthly-Limit-Remaining", "Monthly-Limit-Reset"]) {
      assert.ok(answer.rawHeaders.includes(name), `${name} in ${answer.rawHeaders}`);
    }
  });

  it("is missing for a key without a limit", async () => {
    const key = await service.createKey({ name: "open", quota: { limit: null, period: "month" } });
    const form = fileForm({ image: await flatPicture("#770401") });
    const answer = await askImagga(service, key, "POST", "/v2/categories/nsfw_beta", form);
    assert.deepEqual([answer.status, ...quotaOf(answer)], [200, null, null]);
  });
});
