import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { newKeyToken } from "../../src/services/api-key-token.ts";
import { authenticate } from "../../src/services/authenticate.ts";
import type { AppContext } from "../../src/services/context.ts";
import { assertCleanError } from "../support/clean-error.ts";
import { startService, type TestService } from "../support/service.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const KEYS = 5;
const ADDRESS = "192.0.2.1";

/** A key with one character other than it was: every place, every character of base 62. */
function substitutions(token: string): string[] {
  return [...token].flatMap((original, place) =>
    [...BASE62]
      .filter((character) => character !== original)
      .map((character) => token.slice(0, place) + character + token.slice(place + 1)),
  );
}

function deletions(token: string): string[] {
  return [...token].map((_, place) => token.slice(0, place) + token.slice(place + 1));
}

function insertions(token: string): string[] {
  return [...token].map((character, place) => token.slice(0, place) + character + token.slice(place));
}

/** Neighbours swapped, where that makes another text. */
function transpositions(token: string): string[] {
  return [...token].flatMap((left, place) => {
    const right = token[place + 1];
    return right === undefined || right === left ? [] : [token.slice(0, place) + right + left + token.slice(place + 2)];
  });
}

describe("a key with a typo", () => {
  let service: TestService;
  before(async () => {
    service = await startService();
  });
  after(() => service.close());

  it("is refused without a look at the database, whichever character is wrong, missing, doubled or swapped", async () => {
    let touched = 0;
    const db = new Proxy(service.context.db, {
      get(target, name, receiver) {
        touched += 1;
        return Reflect.get(target, name, receiver);
      },
    });
    const context: AppContext = Object.assign(Object.create(service.context) as AppContext, { db });
    let refused = 0;
    for (let round = 0; round < KEYS; round++) {
      const { token } = newKeyToken();
      const typos = [...substitutions(token), ...deletions(token), ...insertions(token), ...transpositions(token)];
      for (const wrong of typos) {
        const id = `key_${wrong.slice(3, 15)}`;
        for (const credential of [{ token: wrong }, { id, secret: wrong.slice(16) }]) {
          // A typo in `lk_` itself does not show in a key's id and secret.
          if ("id" in credential && `lk_${wrong.slice(3, 15)}_${wrong.slice(16)}` === token) continue;
          await assert.rejects(authenticate(context, credential, ADDRESS), { code: "credentials_invalid" }, wrong);
          refused += 1;
        }
      }
      await assert.rejects(authenticate(context, { token }, ADDRESS), { code: "credentials_invalid" });
      assert.equal(touched, round + 1, "the key itself is the only one that is looked up");
    }
    assert.ok(refused > KEYS * 6000, `${refused} typos`);
  });

  it("is refused over HTTP, as Bearer, Basic and NSFWKEY, while no statement about keys is sent", async () => {
    const { id, key, secret } = await service.createKey({ name: "typo" });
    const send = pg.Client.prototype.query;
    const statements: string[] = [];
    pg.Client.prototype.query = function (this: pg.Client, ...args: Parameters<typeof send>) {
      statements.push(JSON.stringify(args[0]));
      return Reflect.apply(send, this, args);
    } as typeof send;
    try {
      for (const wrong of [
        ...transpositions(key),
        ...deletions(key),
        ...substitutions(key).filter((_, n) => n % 31 === 0),
      ]) {
        const response = await fetch(`${service.url}/v1/quota`, { headers: { authorization: `Bearer ${wrong}` } });
        assert.equal(response.status, 401, wrong);
        assertCleanError(response, await response.text());
      }
      for (const wrong of [...transpositions(secret), ...deletions(secret)]) {
        const authorization = `Basic ${Buffer.from(`${id}:${wrong}`).toString("base64")}`;
        assert.equal((await fetch(`${service.url}/v1/quota`, { headers: { authorization } })).status, 401, wrong);
      }
      for (const NSFWKEY of [...transpositions(key), ...deletions(key)]) {
        const response = await fetch(`${service.url}/api/hash/${"0".repeat(40)}`, { headers: { NSFWKEY } });
        assert.match(await response.text(), /not been analyzed/, "that vendor goes on with the free quota");
      }
      const aboutKeys = statements.filter((statement) => statement.includes("api_key"));
      assert.deepEqual(aboutKeys, []);
      // What counts statements does count those of a look-up.
      assert.equal((await service.request("/v1/quota", { headers: { authorization: `Bearer ${key}` } })).status, 200);
      assert.ok(statements.some((statement) => statement.includes("api_key")));
    } finally {
      pg.Client.prototype.query = send;
    }
  });
});
