import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AskedLists } from "../../services/look-up-gate.ts";
import { lookUpHashes } from "../../services/look-up-hashes.ts";
import { parseListNames } from "../list-names.ts";
import { presentHashAnswer } from "../present.ts";
import type { AppEnv } from "../request-variables.ts";
import { hashAnswerSchema } from "../schemas/check.ts";
import { parseHash, parseHashKind } from "../schemas/hash.ts";
import {
  ANONYMOUS_TOO,
  IDEMPOTENCY_PROBLEMS,
  idempotencyHeaders,
  JSON_BODY_PROBLEMS,
  problems,
} from "../schemas/problem.ts";
import { storableText } from "../schemas/text.ts";

const MOST_HASHES = 1000;

const lists = storableText(4096).optional().openapi({ description: "As for a check" });
const refusals = [
  "hash_malformed",
  "parameter_invalid",
  "list_not_found",
  "list_kind_mismatch",
  "credentials_invalid",
  "scope_missing",
] as const;

const lookUpRoute = createRoute({
  method: "get",
  path: "/v1/hashes/{kind}/{value}",
  tags: ["Check"],
  security: ANONYMOUS_TOO,
  summary: "Look a hash up",
  description:
    "What is known of an image by one of its hashes, before it is sent. Costs nothing; an unknown hash is no error.",
  request: {
    params: z.object({
      kind: z.string().openapi({ description: "sha1, sha256, md5, pdq or blockhash", example: "sha1" }),
      value: z.string().openapi({ description: "Hex", example: "da39a3ee5e6b4b0d3255bfef95601890afd80709" }),
    }),
    query: z.object({ lists }),
  },
  responses: {
    200: { description: "What is known", content: { "application/json": { schema: hashAnswerSchema } } },
    ...problems(...refusals),
  },
});

const checkRoute = createRoute({
  method: "post",
  path: "/v1/hashes/check",
  tags: ["Check"],
  security: ANONYMOUS_TOO,
  summary: "Look many hashes up",
  description: `Up to ${MOST_HASHES} hashes; the answers are in the same order. Costs nothing.`,
  request: {
    headers: idempotencyHeaders,
    query: z.object({ lists }),
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject({
            hashes: z
              .array(z.strictObject({ kind: z.string(), value: z.string() }))
              .min(1)
              .max(MOST_HASHES),
            lists,
          }),
        },
      },
    },
  },
  responses: {
    200: {
      description: "An answer for each hash",
      content: { "application/json": { schema: z.object({ answers: z.array(hashAnswerSchema) }) } },
    },
    ...problems(...refusals, ...JSON_BODY_PROBLEMS, ...IDEMPOTENCY_PROBLEMS),
  },
});

export function registerHashes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(lookUpRoute, async (c) => {
    const { kind: kindText, value } = c.req.valid("param");
    const kind = parseHashKind(kindText, "kind");
    const hash = { kind, value: parseHash(kind, value, "value") };
    const { answers, quota } = await lookUpHashes(c.get("ctx"), [hash], askedLists(c.req.valid("query").lists));
    const [answer] = answers;
    if (answer === undefined) throw new Error("A hash got no answer");
    return c.json(presentHashAnswer(answer, quota), 200);
  });

  app.openapi(checkRoute, async (c) => {
    const body = c.req.valid("json");
    const hashes = body.hashes.map((hash, index) => {
      const kind = parseHashKind(hash.kind, `hashes[${index}].kind`);
      return { kind, value: parseHash(kind, hash.value, `hashes[${index}].value`) };
    });
    const asked = askedLists(c.req.valid("query").lists ?? body.lists);
    const { answers, quota } = await lookUpHashes(c.get("ctx"), hashes, asked);
    return c.json({ answers: answers.map((answer) => presentHashAnswer(answer, quota)) }, 200);
  });
}

/** A look-up works with the hashes there are; each list says whether the neural one counts. */
function askedLists(names: string | undefined): AskedLists {
  return { names: parseListNames(names), match: null };
}
