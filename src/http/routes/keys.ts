import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { createApiKey } from "../../services/create-api-key.ts";
import { getApiKey } from "../../services/get-api-key.ts";
import { listApiKeys } from "../../services/list-api-keys.ts";
import { readKeyUsage } from "../../services/read-key-usage.ts";
import { revokeApiKey } from "../../services/revoke-api-key.ts";
import { rotateApiKey } from "../../services/rotate-api-key.ts";
import { updateApiKey } from "../../services/update-api-key.ts";
import { presentIssuedKey, presentKey, presentUsage } from "../present-key.ts";
import type { AppEnv } from "../request-variables.ts";
import {
  issuedKeySchema,
  keyChangesSchema,
  keyId,
  keySchema,
  newKeySchema,
  usageDays,
  usageQuery,
  usageSchema,
} from "../schemas/key.ts";
import { pageQuery } from "../schemas/page.ts";
import { IDEMPOTENCY_PROBLEMS, idempotencyHeaders, JSON_BODY_PROBLEMS, problems } from "../schemas/problem.ts";

const tags = ["Keys"];
const params = z.object({ id: keyId });
const key = { content: { "application/json": { schema: keySchema } } };
const issuedKey = { content: { "application/json": { schema: issuedKeySchema } } };
const access = ["credentials_missing", "credentials_invalid", "scope_missing"] as const;

const create = createRoute({
  method: "post",
  path: "/v1/keys",
  tags,
  summary: "Create an API key",
  description: "`key` and `secret` are shown this once; only a SHA-256 is stored.",
  request: {
    headers: idempotencyHeaders,
    body: { required: true, content: { "application/json": { schema: newKeySchema } } },
  },
  responses: {
    201: { description: "The new key", ...issuedKey },
    ...problems(...JSON_BODY_PROBLEMS, ...IDEMPOTENCY_PROBLEMS, ...access),
  },
});

const page = createRoute({
  method: "get",
  path: "/v1/keys",
  tags,
  summary: "Page through the keys",
  request: { query: pageQuery },
  responses: {
    200: {
      description: "Keys by id, revoked ones too",
      content: { "application/json": { schema: z.object({ keys: z.array(keySchema), next: z.string().nullable() }) } },
    },
    ...problems("parameter_invalid", ...access),
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/keys/{id}",
  tags,
  summary: "Get a key",
  request: { params },
  responses: { 200: { description: "The key", ...key }, ...problems("key_not_found", "parameter_invalid", ...access) },
});

const update = createRoute({
  method: "patch",
  path: "/v1/keys/{id}",
  tags,
  summary: "Change a key or refill its stock",
  request: { params, body: { required: true, content: { "application/json": { schema: keyChangesSchema } } } },
  responses: {
    200: { description: "The key", ...key },
    ...problems("key_not_found", "key_fixed", ...JSON_BODY_PROBLEMS, ...access),
  },
});

const revoke = createRoute({
  method: "delete",
  path: "/v1/keys/{id}",
  tags,
  summary: "Revoke a key",
  description: "For good: at once in the process that is asked, within half a second in every other.",
  request: { params },
  responses: {
    204: { description: "Revoked" },
    ...problems("key_not_found", "key_fixed", "parameter_invalid", ...access),
  },
});

const rotate = createRoute({
  method: "post",
  path: "/v1/keys/{id}/rotate",
  tags,
  summary: "Give a key a new secret",
  request: { headers: idempotencyHeaders, params },
  responses: {
    200: { description: "The key with its new secret", ...issuedKey },
    ...problems("key_not_found", "key_fixed", ...JSON_BODY_PROBLEMS, ...IDEMPOTENCY_PROBLEMS, ...access),
  },
});

const usage = createRoute({
  method: "get",
  path: "/v1/keys/{id}/usage",
  tags,
  summary: "Read a key's usage by UTC day",
  request: {
    params,
    query: usageQuery,
  },
  responses: {
    200: {
      description: "The usage; days without any are left out",
      content: { "application/json": { schema: usageSchema } },
    },
    ...problems("key_not_found", "parameter_invalid", ...access),
  },
});

export function registerKeys(app: OpenAPIHono<AppEnv>): void {
  app.openapi(create, async (c) => {
    const { policy, ...fields } = c.req.valid("json");
    const issued = await createApiKey(c.get("ctx"), { ...fields, policy: readPolicy(policy) });
    c.header("Location", `/v1/keys/${issued.row.id}`);
    return c.json(presentIssuedKey(issued), 201);
  });

  app.openapi(page, async (c) => {
    const { after, limit } = c.req.valid("query");
    const { rows, next } = await listApiKeys(c.get("ctx"), after ?? null, limit);
    return c.json({ keys: rows.map(presentKey), next }, 200);
  });

  app.openapi(get, async (c) => c.json(presentKey(await getApiKey(c.get("ctx"), c.req.valid("param").id)), 200));

  app.openapi(update, async (c) => {
    const { refill, policy, name, scopes, quota } = c.req.valid("json");
    const fields = {
      ...(name !== undefined && { name }),
      ...(scopes !== undefined && { scopes }),
      ...(quota !== undefined && { quota }),
      ...(policy !== undefined && { policy: readPolicy(policy) }),
    };
    return c.json(presentKey(await updateApiKey(c.get("ctx"), c.req.valid("param").id, fields, refill ?? null)), 200);
  });

  app.openapi(revoke, async (c) => {
    await revokeApiKey(c.get("ctx"), c.req.valid("param").id);
    return c.body(null, 204);
  });

  app.openapi(rotate, async (c) =>
    c.json(presentIssuedKey(await rotateApiKey(c.get("ctx"), c.req.valid("param").id)), 200),
  );

  app.openapi(usage, async (c) => {
    const { id } = c.req.valid("param");
    const { from, to } = usageDays(c.req.valid("query"));
    return c.json(presentUsage(id, from, to, await readKeyUsage(c.get("ctx"), id, from, to)), 200);
  });
}

function readPolicy(policy: { block: number | null; review: number | null; suggestive_review: number | null }) {
  return { block: policy.block, review: policy.review, suggestiveReview: policy.suggestive_review };
}
