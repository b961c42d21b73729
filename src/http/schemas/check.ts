import { z } from "@hono/zod-openapi";
import { DETAIL_CAUSES, type DetailCause, EXACT_KINDS, SEARCHED_KINDS } from "../../fingerprint/fingerprint.ts";
import { MATCH_TRANSFORMS } from "../../fingerprint/transform.ts";

const hashKind = z.enum([...EXACT_KINDS, ...SEARCHED_KINDS]);
const causes = Object.keys(DETAIL_CAUSES) as DetailCause[];
const instant = z.iso.datetime();
const hex = (digits: number, what: string) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${digits}}$`))
    .openapi({ description: what });

/** Not `.nullable()`: of a named schema that becomes a bare reference in the document, and null gets lost. */
const orNull = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.null()]);

export const fingerprintSchema = z
  .object({
    sha1: hex(40, "SHA-1 of the bytes as received"),
    sha256: hex(64, "SHA-256 of the bytes as received"),
    md5: hex(32, "MD5 of the bytes as received"),
    pdq: hex(64, "PDQ, 256 bits").nullable(),
    pdq_quality: z.int().min(0).max(100),
    blockhash: hex(64, "blockhash, 16 x 16 = 256 bits").nullable(),
    detail: z.enum(["sufficient", "insufficient"]).openapi({
      description: "With `insufficient` (blank, two-tone, a gradient, ...) only the exact hashes are matched.",
    }),
    detail_cause: z
      .enum(causes)
      .nullable()
      .openapi({
        description: `What the whole picture lacks: ${causes.map((cause) => `\`${cause}\` ${DETAIL_CAUSES[cause]}`).join("; ")}. null: nothing. With a cause and \`sufficient\` detail, only the picture without its borders is matched.`,
      }),
    trimmed: orNull(z.object({ pdq: hex(64, "PDQ"), blockhash: hex(64, "blockhash") })).openapi({
      description:
        "The hashes of the picture without its uniform borders, letterbox and caption bars, set upright where it lay turned on a plain ground; null where there was nothing to cut off",
    }),
    neural: hex(64, "The classifier's own 256-bit hash; null where the model didn't see the picture").nullable(),
    width: z.int().openapi({ description: "Pixels, after EXIF orientation", example: 4032 }),
    height: z.int().openapi({ example: 3024 }),
    format: z.enum(["jpeg", "png", "webp", "gif", "avif", "heif"]),
    frames: z.int().openapi({ description: "Frames in the file; the first is hashed and classified" }),
    bytes: z.int().openapi({ example: 2411724 }),
  })
  .openapi("Fingerprint");

export const matchSchema = z
  .object({
    list: z.string(),
    entry_id: z.string().openapi({ example: "ent_2s" }),
    custom_id: z.string().nullable(),
    hash: hashKind,
    distance: z.int().openapi({ description: "Bits that differ; 0 for an exact hash" }),
    threshold: z.int().openapi({ description: "The list's largest matching distance, inclusive" }),
    transform: z.enum(MATCH_TRANSFORMS).openapi({
      description:
        "What was done to the sent picture to meet the entry; `trimmed` where the borders of either were cut off",
    }),
    confirmed_by: orNull(
      z.object({ hash: z.enum(["blockhash", "neural_vector"]), distance: z.int(), threshold: z.int() }),
    ).openapi({
      description:
        "What agrees besides: blockhash where only two hashes together make the match, the vector behind a neural hash (in thousandths of 1 - cosine) always; null otherwise",
    }),
    fingerprint_version: z.int().nullable().openapi({
      description: "Which version of the hashes the entry has; null for exact hashes and those given without a picture",
    }),
  })
  .openapi("Match");

export const reasonSchema = z.object({
  code: z.enum([
    "list_match",
    "allow_list_match",
    "unsafe_scores",
    "suggestive_scores",
    "insufficient_detail",
    "not_classified",
  ]),
  message: z.string().openapi({ example: "Matches entry ent_2s of the list spam (pdq, distance 6 of at most 31)" }),
});

export const seenSchema = z
  .object({
    exact: z.boolean().openapi({ description: "These very bytes were checked before" }),
    times: z.int().openapi({ description: "How often these bytes were checked, this time included" }),
    first_seen_at: instant,
    near: z
      .object({
        image_id: z.string().openapi({ example: "img_1f" }),
        hash: z.enum(["pdq", "blockhash"]),
        distance: z.int(),
        transform: z.enum(MATCH_TRANSFORMS),
      })
      .nullable()
      .openapi({ description: "The nearest other image seen before that looks the same" }),
  })
  .openapi("Seen");

export const classificationSchema = z
  .object({
    source: z.enum(["model", "exact", "near"]).openapi({
      description: "`model`: it ran for this call; `exact`: these bytes had scores; `near`: a near-duplicate had.",
    }),
    model: z.string().openapi({ example: "nsfw-mobilenet-v2@e28d9e767d09" }),
    label: z.string().openapi({ example: "neutral" }),
    scores: z.record(z.string(), z.number()).openapi({
      example: { drawing: 0.01, hentai: 0, neutral: 0.97, porn: 0.01, sexy: 0.01 },
    }),
  })
  .openapi("Classification");

const givenFeedback = z
  .array(
    z.object({
      model: z.string().openapi({ example: "nsfw-mobilenet-v2@e28d9e767d09" }),
      class: z.string().openapi({ example: "safe" }),
      at: instant,
    }),
  )
  .openapi({ description: "What was said of these very bytes (`POST /v1/feedback`), the newest first, at most 20" });

export const quotaStateSchema = z.object({
  remaining: z.int().nullable().openapi({ description: "Units left; null: no limit" }),
  limit: z.int().nullable().openapi({ description: "Units in one period; null: no limit" }),
  resets_at: instant.nullable(),
});

export const quotaSchema = quotaStateSchema
  .extend({ charged: z.int().openapi({ description: "Units this call cost" }) })
  .openapi("Quota");

export const checkSchema = z
  .object({
    id: z.string().openapi({ example: "chk_0a1B2c3D4e5F6g7H8i9J" }),
    verdict: z.enum(["allow", "review", "block"]),
    reasons: z.array(reasonSchema),
    fingerprint: fingerprintSchema,
    seen: seenSchema,
    matches: z.array(matchSchema),
    classification: orNull(classificationSchema),
    feedback: givenFeedback,
    quota: quotaSchema,
  })
  .openapi("Check");

export const hashAnswerSchema = z
  .object({
    id: z.string(),
    known: z.boolean().openapi({ description: "The hash, or one near it, was seen or is in a searched list" }),
    verdict: z.enum(["allow", "review", "block", "unknown"]),
    reasons: z.array(reasonSchema),
    fingerprint: fingerprintSchema
      .omit({ width: true, height: true, format: true, frames: true, bytes: true })
      .partial()
      .openapi({ description: "The hashes that are known of the image, the asked one among them" }),
    seen: orNull(seenSchema),
    matches: z.array(matchSchema),
    classification: orNull(classificationSchema),
    feedback: givenFeedback,
    quota: quotaSchema,
  })
  .openapi("HashAnswer");
