import { z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import type { ModelFacts } from "../../services/context.ts";
import { keyId } from "./key.ts";
import { pageQuery } from "./page.ts";
import { storableText } from "./text.ts";

export const feedbackId = storableText(100).openapi({ example: "fbk_2s" });

/** What comes with the image, in the query or beside it. */
export const feedbackParameters = z.object({
  model: storableText(200)
    .optional()
    .openapi({ description: "The model in use: its id or its name", example: "nsfw-mobilenet-v2" }),
  class: storableText(200)
    .optional()
    .openapi({ description: "What the image is: a label of the model, or safe, unsafe or unknown", example: "safe" }),
});

/**
 * The model and class that feedback names, the model by its id.
 * @throws AppError parameter_invalid where one is missing, or is none that is known
 */
export function requireFeedbackClass(
  given: z.infer<typeof feedbackParameters>,
  model: Pick<ModelFacts, "id" | "name" | "labels">,
): { model: string; class: string } {
  oneOf("model", given.model, [model.id, model.name]);
  return { model: model.id, class: oneOf("class", given.class, [...model.labels, "safe", "unsafe", "unknown"]) };
}

function oneOf(field: string, value: string | undefined, known: readonly string[]): string {
  if (value !== undefined && known.includes(value)) return value;
  const received = value === undefined ? "nothing" : JSON.stringify(value.slice(0, 60));
  const message = `Expected one of ${known.join(", ")} for ${field} but received ${received}`;
  throw new AppError("parameter_invalid", message, { field });
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const filter = storableText(200).optional();

export const feedbackQuery = pageQuery.extend({
  sha256: sha256.optional().openapi({ description: "On the image of this SHA-256" }),
  model: filter,
  class: filter,
  key_id: keyId.optional().openapi({ description: "Of this API key" }),
  surface: filter.openapi({ description: "`native`, or the vendor's API that it came by" }),
  since: z.iso
    .datetime({ offset: true })
    // The database has no dates before year 1.
    .refine((value) => value >= "2000", "Expected a time from the year 2000 on")
    .optional()
    .openapi({ description: "Given or changed at this time or later" }),
});

export const feedbackSchema = z
  .object({
    id: feedbackId,
    key_id: z.string().openapi({ description: "Id of the API key that gave it" }),
    surface: z.string().openapi({ example: "native" }),
    model: z.string().openapi({ example: "nsfw-mobilenet-v2@e28d9e767d09" }),
    class: z.string().openapi({ example: "safe" }),
    fingerprint: z.object({
      sha256,
      sha1: z.string(),
      md5: z.string(),
      pdq: z.string().nullable(),
      pdq_quality: z.int().nullable(),
      blockhash: z.string().nullable(),
      version: z.int(),
    }),
    verdict: z.enum(["allow", "review", "block"]).nullable().openapi({
      description: "What the service said of the image when the feedback came; null where it never checked it",
    }),
    scores: z.record(z.string(), z.number()).nullable().openapi({ description: "The image's scores at that time" }),
    picture: z.boolean().openapi({ description: "Whether the image itself was kept" }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime().openapi({ description: "When the same key last said something else of it" }),
  })
  .openapi("Feedback");
