import type { z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import type { BanInput } from "../../services/ban-image.ts";
import type { BanNameInput } from "../../services/ban-name.ts";
import { type ReceivedBody, requireImage } from "../read-body.ts";
import { newEntryFields, newEntrySchema } from "../schemas/list.ts";
import { parseFields } from "./image-body.ts";

type EntryFields = z.infer<typeof newEntryFields> & Pick<z.infer<typeof newEntrySchema>, "metadata">;

/** What is put into a list: a picture, or a pattern of names. */
export type EntrySubject = Pick<BanInput, "picture"> | Pick<BanNameInput, "pattern" | "syntax">;

/**
 * Reads what a new entry is to be of, and what is said of it beside.
 * @throws AppError image_missing, parameter_invalid, hash_malformed
 */
export function readSubject(body: ReceivedBody): { subject: EntrySubject; fields: EntryFields } {
  if (body.kind === "json") {
    const { url, hashes, pattern, syntax, ...fields } = parseFields(newEntrySchema, body.json);
    if (pattern !== undefined && url === undefined && hashes === undefined) {
      return { subject: { pattern, syntax: syntax ?? "substring" }, fields };
    }
    if (syntax !== undefined) throw unexpectedSyntax();
    if (url !== undefined && hashes === undefined && pattern === undefined) {
      return { subject: { picture: { url } }, fields };
    }
    if (
      url === undefined &&
      pattern === undefined &&
      hashes !== undefined &&
      Object.keys(definedOnly(hashes)).length > 0
    ) {
      return { subject: { picture: { hashes: definedOnly(hashes) } }, fields };
    }
    throw new AppError(
      "image_missing",
      "Expected either a url, at least one of hashes, or a pattern for image but received none or several",
      { field: "image" },
    );
  }
  const { url, ...rest } = body.fields;
  const fields = parseFields(newEntryFields, rest);
  if (body.image === null && url !== undefined) return { subject: { picture: { url } }, fields };
  return { subject: { picture: requireImage(body) }, fields };
}

function unexpectedSyntax(): AppError {
  return new AppError("parameter_invalid", "Expected a pattern alone with a syntax but received another entry", {
    field: "syntax",
  });
}

function definedOnly<Value>(record: Readonly<Record<string, Value | undefined>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter((each): each is [string, Value] => each[1] !== undefined));
}
