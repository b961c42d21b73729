import { createHash } from "node:crypto";
import { FAULTY_POLICY_REQUESTS } from "./faulty-policies.ts";
import type { FaultyService } from "./faulty-service.ts";
import { ask } from "./requests.ts";

/** One request as it is sent, and sent again. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the admin key; null: none. */
  readonly key?: string | null;
}

/** A request of which each statement is made to fail. */
export interface FaultyRequest {
  readonly name: string;
  /** As the OpenAPI document names it; the surface of another vendor isn't there. */
  readonly operation: string;
  /** @param word that no other request has */
  prepare(faulty: FaultyService, word: string): Promise<Asked> | Asked;
  /** What the same request may be answered besides where the first try was carried out and its answer lost. */
  readonly afterLost?: readonly number[];
  /** The answer grows with what other requests have stored: only its status is compared. */
  readonly grows?: true;
  /** Units that it costs, also when it is sent again after a failure. */
  readonly costs?: 1;
}

const CHECK = "POST /v1/images/check";
const BAN = "POST /v1/lists/{name}/entries";

function checking(name: string, prepare: FaultyRequest["prepare"], costs?: 1): FaultyRequest {
  return { name, operation: CHECK, prepare, ...(costs && { costs }) };
}

const checked = (body: unknown, rest: Partial<Asked> = {}): Asked => ({
  method: "POST",
  path: "/v1/images/check",
  body,
  ...rest,
});

const checks: readonly FaultyRequest[] = [
  checking("check a new image", (on, word) => checked(on.fresh(on.known, word), { key: on.app.key }), 1),
  checking(
    "check a new image with an Idempotency-Key",
    (on, word) => checked(on.fresh(on.known, word), { key: on.app.key, headers: { "Idempotency-Key": word } }),
    1,
  ),
  checking("check a new image without a key", (on, word) => checked(on.fresh(on.known, word), { key: null }), 1),
  checking(
    "check a new image by the model",
    (on, word) => checked(on.fresh(on.known, word), { key: on.app.key, path: "/v1/images/check?classify=always" }),
    1,
  ),
  checking("check a repeat", (on) => checked(on.known, { key: on.app.key })),
  checking("check a repeat without a key", (on) => checked(on.known, { key: null }), 1),
  checking(
    "check a banned picture in new bytes",
    (on, word) => checked(on.fresh(on.banned, word), { key: on.app.key }),
    1,
  ),
  checking("check the very bytes that are banned", (on) => checked(on.banned, { key: on.app.key })),
  checking("check against one list", (on) =>
    checked(on.banned, { key: on.app.key, path: "/v1/images/check?lists=banned" }),
  ),
  checking(
    "check robustly",
    (on, word) => checked(on.fresh(on.banned, word), { key: on.app.key, path: "/v1/images/check?match=robust" }),
    1,
  ),
  {
    name: "check a profile with a new picture",
    operation: "POST /v1/profiles/check",
    costs: 1,
    prepare: (on, word) => ({
      method: "POST",
      path: "/v1/profiles/check",
      key: on.app.key,
      body: { name: `member ${word}`, image: on.fresh(on.known, word).toString("base64") },
    }),
  },
  checking("check by URL", (on, word) => checked({ url: on.imageUrl(`banned-${word}`) }, { key: on.app.key }), 1),
];

const lookUps: readonly FaultyRequest[] = [
  ...(["sha1", "sha256", "md5", "pdq", "blockhash"] as const).map(
    (kind): FaultyRequest => ({
      name: `look up by ${kind}`,
      operation: "GET /v1/hashes/{kind}/{value}",
      prepare: (on) => ({ method: "GET", path: `/v1/hashes/${kind}/${on.hashes[kind]}`, key: on.app.key }),
    }),
  ),
  {
    name: "look many hashes up with an Idempotency-Key",
    operation: "POST /v1/hashes/check",
    prepare: (on, word) => ({
      method: "POST",
      path: "/v1/hashes/check",
      key: on.app.key,
      headers: { "Idempotency-Key": word },
      body: {
        hashes: [
          { kind: "sha1", value: on.hashes.sha1 },
          { kind: "md5", value: on.hashes.md5 },
          { kind: "pdq", value: on.hashes.pdq },
        ],
        lists: "banned",
      },
    }),
  },
];

const bans: readonly FaultyRequest[] = [
  ban("ban by image", (on, word) => on.fresh(on.known, word)),
  ban("ban by URL", (on, word) => ({ url: on.imageUrl(word) })),
  ban("ban by hashes", (_, word) => ({ hashes: { sha256: sha256Of(word) } })),
];

function ban(name: string, bodyOf: (on: FaultyService, word: string) => unknown): FaultyRequest {
  return {
    name,
    operation: BAN,
    afterLost: [200],
    prepare: (on, word) => ({ method: "POST", path: "/v1/lists/scratch/entries", body: bodyOf(on, word) }),
  };
}

const entries: readonly FaultyRequest[] = [
  {
    name: "lift a ban",
    operation: "DELETE /v1/lists/{name}/entries/{id}",
    prepare: (on, word) => onEntry(on, word, "DELETE"),
  },
  {
    name: "change an entry",
    operation: "PATCH /v1/lists/{name}/entries/{id}",
    prepare: (on, word) => onEntry(on, word, "PATCH", { note: "changed" }),
  },
  {
    name: "get an entry",
    operation: "GET /v1/lists/{name}/entries/{id}",
    prepare: (on, word) => onEntry(on, word, "GET"),
  },
  {
    name: "page through entries",
    operation: "GET /v1/lists/{name}/entries",
    prepare: () => ({ method: "GET", path: "/v1/lists/banned/entries" }),
  },
];

async function onEntry(on: FaultyService, word: string, method: string, body?: unknown): Promise<Asked> {
  const hashes = { sha256: sha256Of(word) };
  const added = await ask(on.service, "POST", "/v1/lists/scratch/entries", { body: { hashes } });
  return { method, path: `/v1/lists/scratch/entries/${added.body.id}`, body };
}

const sha256Of = (word: string) => createHash("sha256").update(word).digest("hex");

const lists: readonly FaultyRequest[] = [
  {
    name: "create a list",
    operation: "POST /v1/lists",
    afterLost: [409],
    prepare: (_, word) => ({ method: "POST", path: "/v1/lists", body: { name: word, enabled: false } }),
  },
  {
    name: "page through lists",
    operation: "GET /v1/lists",
    grows: true,
    prepare: () => ({ method: "GET", path: "/v1/lists" }),
  },
  {
    name: "get a list",
    operation: "GET /v1/lists/{name}",
    prepare: () => ({ method: "GET", path: "/v1/lists/banned" }),
  },
  {
    name: "change a list",
    operation: "PATCH /v1/lists/{name}",
    prepare: (_, word) => ({ method: "PATCH", path: "/v1/lists/scratch", body: { description: word } }),
  },
  {
    name: "delete a list",
    operation: "DELETE /v1/lists/{name}",
    afterLost: [404],
    async prepare(on, word) {
      await ask(on.service, "POST", "/v1/lists", { body: { name: word, enabled: false } });
      return { method: "DELETE", path: `/v1/lists/${word}` };
    },
  },
];

const keys: readonly FaultyRequest[] = [
  {
    name: "create a key",
    operation: "POST /v1/keys",
    prepare: (_, word) => ({ method: "POST", path: "/v1/keys", body: { name: word } }),
  },
  {
    name: "page through keys",
    operation: "GET /v1/keys",
    grows: true,
    prepare: () => ({ method: "GET", path: "/v1/keys?limit=2" }),
  },
  { name: "get a key", operation: "GET /v1/keys/{id}", prepare: (on, word) => onKey(on, word, "GET") },
  {
    name: "change a key",
    operation: "PATCH /v1/keys/{id}",
    prepare: (on, word) => onKey(on, word, "PATCH", "", { scopes: ["lists"] }),
  },
  {
    name: "refill a key",
    operation: "PATCH /v1/keys/{id}",
    prepare: (on, word) => onKey(on, word, "PATCH", "", { refill: 5 }),
  },
  {
    name: "rotate a key",
    operation: "POST /v1/keys/{id}/rotate",
    prepare: (on, word) => onKey(on, word, "POST", "/rotate"),
  },
  {
    name: "revoke a key",
    operation: "DELETE /v1/keys/{id}",
    afterLost: [404],
    prepare: (on, word) => onKey(on, word, "DELETE"),
  },
  {
    name: "read a key's usage",
    operation: "GET /v1/keys/{id}/usage",
    prepare: (on, word) => onKey(on, word, "GET", "/usage"),
  },
];

async function onKey(on: FaultyService, word: string, method: string, path = "", body?: unknown): Promise<Asked> {
  const { id } = await on.service.createKey({ name: word, quota: { limit: 10, period: "none" } });
  return { method, path: `/v1/keys/${id}${path}`, body };
}

const others: readonly FaultyRequest[] = [
  {
    name: "read the quota",
    operation: "GET /v1/quota",
    prepare: (on) => ({ method: "GET", path: "/v1/quota", key: on.app.key }),
  },
  {
    name: "page through the audit log",
    operation: "GET /v1/audit",
    grows: true,
    prepare: () => ({ method: "GET", path: "/v1/audit?limit=2" }),
  },
  {
    name: "read the metrics",
    operation: "GET /metrics",
    grows: true,
    prepare: () => ({ method: "GET", path: "/metrics" }),
  },
];

const vendor = (name: string, costs: 1 | undefined, prepare: FaultyRequest["prepare"]): FaultyRequest => ({
  name: `nsfw-categorize: ${name}`,
  operation: "",
  prepare,
  ...(costs && { costs }),
});

const surface: readonly FaultyRequest[] = [
  vendor("upload", 1, (on, word) => upload(on, word, { NSFWKEY: on.app.key })),
  vendor("upload without a key", 1, (on, word) => upload(on, word, {})),
  vendor("upload by URL", 1, (on, word) => ({
    method: "GET",
    path: `/api/upload?url=${encodeURIComponent(on.imageUrl(word))}`,
    key: null,
    headers: { NSFWKEY: on.app.key },
  })),
  vendor("hash", undefined, (on) => ({
    method: "GET",
    path: `/api/hash/${on.hashes.sha1}`,
    key: null,
    headers: { NSFWKEY: on.app.key },
  })),
];

function upload(on: FaultyService, word: string, headers: Record<string, string>): Asked {
  const form = new FormData();
  form.append("image", new Blob([new Uint8Array(on.fresh(on.known, word))]), "photo.jpg");
  return { method: "POST", path: "/api/upload", key: null, headers, body: form };
}

/** Every operation that asks the database, and each of the ways in which it does. */
export const FAULTY_REQUESTS: readonly FaultyRequest[] = [
  ...checks,
  ...lookUps,
  ...bans,
  ...entries,
  ...lists,
  ...keys,
  ...FAULTY_POLICY_REQUESTS,
  ...others,
  ...surface,
];
