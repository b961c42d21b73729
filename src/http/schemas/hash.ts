import { z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import { EXACT_KINDS, HASH_BITS, type HashKind, PERCEPTUAL_KINDS } from "../../fingerprint/fingerprint.ts";
import { redactKeys } from "../../redact-keys.ts";

/** Kinds that callers can send. */
const hashKind = z.enum([...EXACT_KINDS, ...PERCEPTUAL_KINDS]);

/** A hash of one kind as hex, in either case; read as lower case. */
export function exactHash(kind: HashKind) {
  const digits = HASH_BITS[kind] / 4;
  return z
    .string()
    .openapi({ description: `${digits} hex digits`, pattern: `^[0-9A-Fa-f]{${digits}}$` })
    .transform((value) => parseHash(kind, value, `hashes.${kind}`));
}

/**
 * Reads a hash of a known kind.
 * @param field what the caller calls it
 * @throws AppError hash_malformed, telling a wrong length from a wrong digit
 */
export function parseHash(kind: HashKind, value: string, field: string): string {
  const digits = HASH_BITS[kind] / 4;
  if (value.length !== digits) {
    throw new AppError(
      "hash_malformed",
      `Expected ${digits} hex digits of a ${kind} for ${field} but received ${value.length} characters`,
      { field },
    );
  }
  if (!/^[0-9a-f]+$/i.test(value)) {
    throw new AppError(
      "hash_malformed",
      `Expected ${digits} hex digits of a ${kind} for ${field} but received others`,
      {
        field,
      },
    );
  }
  return value.toLowerCase();
}

/**
 * Reads a kind of hash.
 * @throws AppError hash_malformed
 */
export function parseHashKind(value: string, field: string): HashKind {
  const kind = hashKind.safeParse(value);
  if (kind.success) return kind.data;
  throw new AppError(
    "hash_malformed",
    `Expected one of ${hashKind.options.join(", ")} for ${field} but received ${JSON.stringify(redactKeys(value).slice(0, 40))}`,
    { field },
  );
}
