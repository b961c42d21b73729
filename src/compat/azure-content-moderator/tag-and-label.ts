import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { AppError } from "../../errors.ts";
import { parseFields } from "../../http/routes/image-body.ts";
import { storableText } from "../../http/schemas/text.ts";

/** Of the vendor's int32. */
const MAX_TAG = 2_147_483_647;

const details = z.object({ label: storableText(1000).optional() });

/** A query parameter; the vendor's clients don't agree on the case of its name. */
export function queryParameter(c: Context, name: string): string | null {
  const found = Object.entries(c.req.query()).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return found?.[1] ?? null;
}

/** What an image's entry keeps of the vendor's tag and label. */
const TAG = "azure_tag";
const LABEL = "azure_label";

/**
 * The `tag` and `label` of an image that is added, as its entry keeps them.
 * @throws AppError parameter_invalid
 */
export function readTagAndLabel(c: Context): Record<string, string> {
  const tag = queryParameter(c, "tag");
  if (tag !== null && tag !== "" && !(/^\d{1,10}$/.test(tag) && Number(tag) <= MAX_TAG)) {
    throw new AppError(
      "parameter_invalid",
      `Expected a whole number of at most ${MAX_TAG} for tag but received another value`,
      {
        field: "tag",
      },
    );
  }
  const { label } = parseFields(details, { label: queryParameter(c, "label") ?? undefined });
  return {
    ...(tag !== null && tag !== "" && { [TAG]: String(Number(tag)) }),
    ...(label !== undefined && label !== "" && { [LABEL]: label }),
  };
}

/** The same as a match tells them. */
export function tagsAndLabel(metadata: Readonly<Record<string, string>>): { Tags: number[]; Label: string } {
  const tag = metadata[TAG];
  // An owner may have written anything there.
  const tags = tag !== undefined && /^\d{1,10}$/.test(tag) ? [Number(tag)] : [];
  return { Tags: tags, Label: metadata[LABEL] ?? "" };
}
