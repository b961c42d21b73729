import { z } from "@hono/zod-openapi";

const UNSTORABLE = /[\0\p{Cs}]/u;

/** Text that the database can hold: neither NUL characters nor halves of a surrogate pair, at most `max` characters. */
export function storableText(max: number) {
  return z
    .string()
    .max(max)
    .refine((value) => !UNSTORABLE.test(value), "Expected text without NUL characters and lone surrogates");
}
