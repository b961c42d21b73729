import assert from "node:assert/strict";
import crypto from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { newKeyToken, newSecret } from "../../src/services/api-key-token.ts";
import { startService, type TestService } from "../support/service.ts";

const SOURCES = fileURLToPath(new URL("../../src", import.meta.url));

/** A comparison that ends at the first difference, with something secret at either side. */
const SECRET_NAME = /secret|password|adminKey|\btoken|sealingKey/i;
const COMPARISON = /([\w.?]+)\s*[!=]==?\s*([\w."?]+)/g;
/** Compared with nothing, or for being there at all, which tells nothing of what it is. */
const HARMLESS = /^(?:null|undefined|"")$/;

/** Comparisons that are no secret's, each with the reason. */
const REVIEWED: Readonly<Record<string, string>> = {
  "key.secret.length === SECRET_LENGTH": "a length, which every key shares",
  "key.secret === body": "the checksum of what was presented, compared with itself",
};

async function secretComparisons(): Promise<string[]> {
  const files = (await readdir(SOURCES, { recursive: true })).filter((file) => file.endsWith(".ts"));
  const found = files.map(async (file) => {
    const text = await readFile(`${SOURCES}/${file}`, "utf8");
    return [...text.replaceAll(/[()]/g, " ").matchAll(COMPARISON)]
      .filter(([, left = "", right = ""]) => SECRET_NAME.test(`${left} ${right}`))
      .filter(([, left = "", right = ""]) => !HARMLESS.test(left) && !HARMLESS.test(right))
      .map(([comparison]) => comparison);
  });
  return (await Promise.all(found)).flat();
}

describe("secrets", () => {
  let service: TestService;
  before(async () => {
    service = await startService();
  });
  after(() => service.close());

  it("are nowhere in the sources compared by an operator that ends at the first difference", async () => {
    const found = await secretComparisons();
    assert.deepEqual(
      found.filter((comparison) => !Object.hasOwn(REVIEWED, comparison)),
      [],
    );
    assert.deepEqual(found.toSorted(), Object.keys(REVIEWED).toSorted(), "a reviewed comparison is gone");
  });

  it("are compared as often, and refused in the same words, where the id is unknown as where the secret is wrong", async () => {
    const known = await service.createKey({ name: "known" });
    const revoked = await service.createKey({ name: "revoked" });
    await service.request(`/v1/keys/${revoked.id}`, { method: "DELETE" });
    const compare = crypto.timingSafeEqual;
    let lengths: number[] = [];
    crypto.timingSafeEqual = (left, right) => {
      lengths.push(left.byteLength);
      return compare(left, right);
    };
    syncBuiltinESMExports();
    try {
      const answers = new Set<string>();
      for (const [what, credential] of Object.entries({
        "an unknown id": newKeyToken().token,
        "a wrong secret": newSecret(known.id).token,
        "a revoked key": revoked.key,
        "a fixed key without a secret of its own": newSecret("key_admin0000000").token,
      })) {
        lengths = [];
        const headers = { authorization: `Bearer ${credential}`, "x-request-id": "same" };
        const response = await fetch(`${service.url}/v1/quota`, { headers });
        const head = [...response.headers].filter(([name]) => name !== "date");
        answers.add(JSON.stringify([response.status, head, await response.text()]));
        // One with the key that ADMIN_KEY fixes, one with the hash of the key's secret.
        assert.deepEqual(lengths, [64, 64], what);
      }
      assert.equal(answers.size, 1, [...answers].join("\n"));
    } finally {
      crypto.timingSafeEqual = compare;
      syncBuiltinESMExports();
    }
  });
});
