import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startService, startWithoutDatabase, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

async function ask(from: TestService, method: string, path: string) {
  const response = await fetch(from.url + path, { method });
  return { http: response.status, body: await response.json() };
}

describe("nsfw-categorize.it", () => {
  it("answers ERR with HTTP 200 where the hash is missing or the method is another", async () => {
    for (const [method, path, reason] of [
      ["GET", "/api/hash/", "Not a valid sha1 hash"],
      ["GET", "/api/hash", "Not a valid sha1 hash"],
      ["POST", `/api/hash/${"0".repeat(40)}`, "Not a valid sha1 hash"],
      ["PUT", "/api/upload", "No image or url given"],
      ["DELETE", "/api/upload", "No image or url given"],
    ] as const) {
      assert.deepEqual(await ask(service, method, path), { http: 200, body: { status: "ERR", reason } }, path);
    }
  });

  it("answers ERR where the database is away, and logs it as a warning", async () => {
    const cut = await startWithoutDatabase(service);
    const logged: unknown[] = [];
    cut.context.logger.warn = (record: unknown) => void logged.push(record);
    const answer = await ask(cut, "GET", `/api/hash/${"0".repeat(40)}`);
    assert.deepEqual(answer, { http: 200, body: { status: "ERR", reason: "The service is busy, try again later" } });
    const codes = logged.map((record) => (record as { code?: string }).code);
    assert.ok(codes.includes("database_unavailable"), JSON.stringify(codes));
    await cut.close();
  });
});
