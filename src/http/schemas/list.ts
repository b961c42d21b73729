import { z } from "@hono/zod-openapi";
import { DEFAULT_MATCH_RULE } from "../../fingerprint/default-rule.ts";
import { DETAIL_CAUSES, type DetailCause } from "../../fingerprint/fingerprint.ts";
import { SYNTAXES } from "../../names/pattern.ts";
import { exactHash } from "./hash.ts";
import { storableText } from "./text.ts";

const bits = z.int().min(0).max(256);
const causes = Object.keys(DETAIL_CAUSES) as DetailCause[];

/** Short texts by name, the caller's own: at most 20 of at most 1,000 characters. */
export const metadata = z
  .record(storableText(100).min(1), storableText(1000))
  .refine((value) => Object.keys(value).length <= 20, "Expected at most 20 names")
  .openapi({
    example: { source: "import" },
    description: "Texts of your own by name, at most 20; nothing here reads them",
  });

export const matchMode = z.enum(["fast", "robust"]);

export const listName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/)
  .openapi({ example: "spam", description: "1 to 64 lower-case letters, digits, - and _" });

const { pdq, blockhash, agreement, neural, neuralVector } = DEFAULT_MATCH_RULE;
const own = "Default 0 where a list names pdq_threshold or blockhash_threshold, else";
const thresholds = z.object({
  pdq_threshold: bits.openapi({ description: `Largest matching PDQ distance in bits, inclusive. Default ${pdq}.` }),
  blockhash_threshold: bits.openapi({
    description: `Largest matching blockhash distance in bits, inclusive. Default ${blockhash}.`,
  }),
  agreement_pdq_threshold: bits.openapi({
    description: `Largest PDQ distance that matches where blockhash agrees, in bits, inclusive. ${own} ${agreement.pdq}.`,
  }),
  agreement_blockhash_threshold: bits.openapi({
    description: `Largest blockhash distance that matches where PDQ agrees, in bits, inclusive. ${own} ${agreement.blockhash}. With both 0 only single hashes match.`,
  }),
  neural_threshold: bits.openapi({
    description: `Largest matching distance of the neural hash in bits, inclusive. Default ${neural}.`,
  }),
  neural_vector_threshold: z
    .int()
    .min(0)
    .max(2000)
    .openapi({
      description: `How far the vectors behind two neural hashes may point apart, in thousandths of 1 - cosine, inclusive; both must hold. Default ${neuralVector}.`,
    }),
});

const settings = {
  kind: z.enum(["disallow", "allow", "names"]).openapi({
    description:
      "An allow list wins over every disallow list and score. A list of `names` holds patterns of names instead of pictures (`POST /v1/profiles/check`).",
  }),
  action: z.enum(["block", "review"]).openapi({ description: "The verdict of a match in a disallow list" }),
  ...thresholds.shape,
  match: matchMode.openapi({
    description:
      "`robust` matches by the neural hash as well, which finds crops; it takes a run of the model for each image that is new. A check's own `match` wins.",
  }),
  description: storableText(1000),
  metadata,
  enabled: z.boolean().openapi({ description: "A disabled list matches nothing" }),
};

export const newListSchema = z
  .strictObject({
    name: listName,
    kind: settings.kind.default("disallow"),
    action: settings.action.default("block"),
    ...thresholds.partial().shape,
    match: settings.match.default("fast"),
    description: settings.description.default(""),
    metadata: settings.metadata.default({}),
    enabled: settings.enabled.default(true),
  })
  .openapi("NewList");

export const listChangesSchema = z.strictObject(settings).partial().openapi("ListChanges");

export const listSchema = z
  .object({ id: z.string(), name: listName, ...settings, created_at: z.iso.datetime(), updated_at: z.iso.datetime() })
  .openapi("List");

export const entryId = storableText(100).openapi({ example: "ent_2s" });
export const customId = storableText(255).min(1);
export const note = storableText(2000);
const EARLIEST = Date.parse("2000-01-01T00:00:00Z");
const LATEST = Date.parse("9999-12-31T23:59:59.999Z");
export const expiresAt = z.iso
  .datetime({ offset: true })
  .refine((value) => Date.parse(value) >= EARLIEST && Date.parse(value) <= LATEST, "Expected a time in 2000 to 9999")
  .openapi({ example: "2030-01-01T00:00:00Z" });

export const newEntryFields = z.object({
  custom_id: customId.optional(),
  note: note.optional(),
  expires_at: expiresAt.optional(),
});

export const newEntrySchema = newEntryFields
  .extend({
    metadata: metadata.optional(),
    pattern: z.string().optional(),
    syntax: z.enum(SYNTAXES).optional(),
    url: z.string().max(8192).optional().openapi({ description: "Where to fetch the picture" }),
    hashes: z
      .strictObject({
        sha256: exactHash("sha256").optional(),
        sha1: exactHash("sha1").optional(),
        md5: exactHash("md5").optional(),
        pdq: exactHash("pdq").optional(),
        blockhash: exactHash("blockhash").optional(),
      })
      .optional()
      .openapi({ description: "Hashes of a picture that is not at hand, at least one" }),
  })
  .strict()
  .openapi("NewEntry");

export const entryChangesSchema = z
  .strictObject({
    custom_id: customId.nullable(),
    note,
    metadata,
    expires_at: expiresAt.nullable(),
    enabled: z.boolean(),
  })
  .partial()
  .openapi("EntryChanges");

export const entrySchema = z
  .object({
    id: z.string().openapi({ example: "ent_2s" }),
    list: listName,
    custom_id: z.string().nullable(),
    note: z.string(),
    metadata,
    source: z.enum(["image", "url", "hashes", "pattern"]),
    pattern: z.string().nullable().openapi({ description: "Of a list of names; null in every other" }),
    syntax: z.enum(SYNTAXES).nullable(),
    hashes: z.object({
      sha256: z.string().nullable(),
      sha1: z.string().nullable(),
      md5: z.string().nullable(),
      pdq: z.string().nullable(),
      blockhash: z.string().nullable(),
      trimmed_pdq: z.string().nullable().openapi({ description: "Of the picture without its borders" }),
      trimmed_blockhash: z.string().nullable(),
      neural: z.string().nullable().openapi({ description: "The model's hash of the picture" }),
    }),
    pdq_quality: z.int().nullable(),
    detail: z.enum(["sufficient", "insufficient"]).openapi({
      description: "`insufficient`: the picture is flat and is matched by its exact hashes only",
    }),
    detail_cause: z.enum(causes).nullable().openapi({ description: "As in a check's fingerprint" }),
    fingerprint_version: z.int().nullable().openapi({
      description: "Version of the hashes; null where they were given without a picture",
    }),
    neural_version: z.string().nullable().openapi({ description: "Model and map behind the neural hash" }),
    source_url: z.string().nullable().openapi({ description: "Where the picture was fetched, with source `url`" }),
    enabled: z.boolean().openapi({ description: "False once lifted" }),
    expires_at: z.iso.datetime().nullable(),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi("Entry");
