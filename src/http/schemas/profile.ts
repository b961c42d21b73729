import { z } from "@hono/zod-openapi";
import { SYNTAXES } from "../../names/pattern.ts";
import { checkSchema, quotaSchema } from "./check.ts";
import { listName } from "./list.ts";
import { problemSchema } from "./problem.ts";
import { storableText } from "./text.ts";

/** Profiles in one call. */
export const MOST_PROFILES = 100;

const rules = {
  lists: z.union([storableText(4096), z.array(listName).max(1000)]).optional(),
  remove_below: z.number().min(0).max(1).optional(),
};
const profile = {
  id: z.string().max(255).optional(),
  name: z.string().optional(),
  url: z.string().max(8192).optional(),
  image: z.string().optional(),
};

/** One profile as JSON. */
export const profileSchema = z.strictObject({ ...profile, ...rules });

/** Many of them. */
export const profilesSchema = z.strictObject({
  profiles: z.array(z.strictObject(profile)).min(1).max(MOST_PROFILES),
  ...rules,
});

/** One profile as the fields of a form. */
export const profileFields = z.object({
  id: profile.id,
  name: profile.name,
  url: profile.url,
  lists: storableText(4096).optional(),
  remove_below: z
    .string()
    .refine((value) => /^(?:0|1|0?\.\d+|0\.\d*|1\.0*)$/.test(value), "Expected a number from 0 to 1")
    .transform(Number)
    .optional(),
});

const nameAnswerSchema = z.object({
  folded: z.string().openapi({
    description: "The name in lower case, without what can't be seen, look-alikes as the letters they look like",
    example: "paypal",
  }),
  matches: z.array(
    z.object({
      list: z.string(),
      entry_id: z.string().openapi({ example: "ent_2s" }),
      custom_id: z.string().nullable(),
      pattern: z.string(),
      syntax: z.enum(SYNTAXES),
      matched_text: z.string().openapi({ description: "The part of the name that matches, as it was compared" }),
    }),
  ),
});

export const profileAnswerSchema = z
  .object({
    id: z.string().nullable().openapi({ description: "The caller's own, as it was sent" }),
    action: z.enum(["keep", "review", "remove"]),
    reasons: z.array(
      z.object({
        code: z.enum([
          "name_match",
          "picture_unsafe",
          "list_match",
          "allow_list_match",
          "picture_unreadable",
          "unchecked",
        ]),
        message: z.string(),
      }),
    ),
    name: z
      .union([nameAnswerSchema, z.null()])
      .openapi({ description: "null where there is no name, or it could not be compared" }),
    picture: z
      .union([checkSchema, z.null()])
      .openapi({ description: "null where there is no picture, or it could not be checked" }),
    safe: z.number().nullable().openapi({
      description: "0..1: the model's scores of what is neither unsafe nor suggestive; null without scores",
    }),
    error: z
      .union([problemSchema, z.null()])
      .openapi({ description: "What kept the name or the picture from being checked; null: nothing" }),
    quota: quotaSchema,
  })
  .openapi("ProfileAnswer");
