import type { OpenApiDocument } from "../../src/http/docs-page/openapi-document.ts";

/** A small document that has one of everything the docs page shows. */
export const SAMPLE_DOCUMENT: OpenApiDocument = {
  info: {
    title: "Lookalike",
    version: "0.1.0",
    description:
      "The gate every image passes before it is published.\n\n- send a photo, get a verdict\n- `block` what you banned\n- <b>escaped</b>",
  },
  tags: [
    { name: "Images", description: "Check an image before it is published." },
    { name: "Lists", description: "Named lists of banned or cleared pictures." },
  ],
  security: [{}, { bearer: [] }],
  paths: {
    "/v1/images/check": {
      post: {
        operationId: "checkImage",
        tags: ["Images"],
        summary: "Check an image",
        description: "Answers whether an image may be published. A repeat of identical bytes is free for keyed calls.",
        parameters: [
          {
            name: "classify",
            in: "query",
            description: "Whether the classifier may run.",
            schema: { type: "string", enum: ["auto", "never", "always"], default: "auto" },
          },
          {
            name: "Idempotency-Key",
            in: "header",
            description: "Makes a retry free.",
            schema: { type: "string", maxLength: 255 },
          },
        ],
        requestBody: {
          required: true,
          content: {
            "multipart/form-data": {
              schema: {
                type: "object",
                required: ["image"],
                properties: {
                  image: { type: "string", format: "binary", description: "The picture, at most 20 MiB." },
                  lists: { type: "string", description: "Comma list of list names; every enabled list when absent." },
                },
              },
            },
            "image/*": { schema: { type: "string", format: "binary" } },
            "application/json": {
              schema: {
                type: "object",
                required: ["url"],
                properties: { url: { type: "string", format: "uri", example: "https://example.com/it's.jpg" } },
              },
            },
          },
        },
        responses: {
          "200": {
            description: "The verdict.",
            content: { "application/json": { schema: { $ref: "#/components/schemas/Check" } } },
          },
          "413": {
            description: "image_too_many_bytes, body_too_large",
            content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
          },
        },
      },
    },
    "/v1/lists/{name}": {
      parameters: [
        {
          name: "name",
          in: "path",
          required: true,
          description: "The list.",
          schema: { type: "string", example: "banned" },
        },
      ],
      get: {
        operationId: "getList",
        tags: ["Lists"],
        summary: "Read a list",
        security: [{ bearer: [] }],
        responses: {
          "200": {
            description: "The list.",
            content: { "application/json": { schema: { $ref: "#/components/schemas/List" } } },
          },
        },
      },
      patch: {
        operationId: "changeList",
        tags: ["Lists"],
        summary: "Change a list",
        security: [{ bearer: [] }],
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/List" } } } },
        responses: { "200": { description: "The list as it is now." } },
      },
      delete: {
        tags: ["Lists"],
        summary: "Delete a list",
        security: [{ bearer: [] }],
        responses: { "204": { description: "The list is gone." } },
      },
    },
    "/healthz": { get: { responses: { "200": { description: "Up." } } } },
  },
  components: {
    schemas: {
      Check: {
        type: "object",
        required: ["id", "verdict", "matches", "classification"],
        properties: {
          id: { type: "string", example: "chk_7Hq2" },
          verdict: { type: "string", enum: ["allow", "review", "block"], description: "What to do with the image." },
          matches: { type: "array", items: { $ref: "#/components/schemas/Match" }, maxItems: 100 },
          classification: {
            anyOf: [
              {
                type: "object",
                required: ["scores"],
                properties: {
                  scores: { type: "object", additionalProperties: { type: "number", minimum: 0, maximum: 1 } },
                },
              },
              { type: "null" },
            ],
          },
        },
      },
      Match: {
        type: "object",
        required: ["list", "distance"],
        properties: {
          list: { type: "string", example: "banned" },
          sha1: { type: "string", pattern: "^[0-9a-f]{40}$" },
          distance: { type: "integer", minimum: 0, maximum: 256, description: "Hamming distance in bits." },
          near: { $ref: "#/components/schemas/Match" },
        },
      },
      List: {
        type: "object",
        required: ["name"],
        properties: {
          name: { type: "string", minLength: 1, maxLength: 64, pattern: "^[a-z0-9-]+$", example: "banned" },
          pdq_threshold: { type: ["integer", "null"], minimum: 0, maximum: 64, default: 31 },
        },
      },
      Problem: { type: "object", properties: { code: { type: "string" } } },
    },
  },
};
