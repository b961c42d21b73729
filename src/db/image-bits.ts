import type { PerceptualKind } from "../fingerprint/fingerprint.ts";
import type { StoredVariant } from "./hot-keys.ts";

/** One account of a picture that the distance search finds it by. Bits as PostgreSQL's bit input takes them. */
export interface SearchedVariant {
  readonly variant: StoredVariant;
  readonly pdq: string;
  readonly blockhash: string;
}

// Foreign partitions allow neither `on conflict (image_id)` nor, without reading all rows, a join by the key: hence two
// statements for a table, and the key as a subquery's value.
function bitsOf(kind: PerceptualKind, whole: string, trimmed: string): string {
  const bits = `(case variant when 0 then ${whole}::text else ${trimmed}::text end)::bit(256)`;
  return `${kind}_changed as (
    update image_${kind} set bits = ${bits} where image_id = (select id from seen) and bits <> ${bits} returning variant
  ), ${kind}_added as (
    insert into image_${kind} (image_id, variant, bits)
    select id, variant, given.bits::bit(256) from seen, (values (0::int2, ${whole}::text), (1, ${trimmed}::text)) as given (variant, bits)
    where given.bits is not null and variant not in (select variant from ${kind}_changed) on conflict do nothing
  ), ${kind}_removed as (
    delete from image_${kind} where image_id = (select id from seen) and ${bits} is null
  )`;
}

/**
 * The parts that write the rows an image is searched by, for four parameters from that number on: PDQ and blockhash of the
 * whole picture, then of the trimmed one.
 */
export function writeBits(from: number): string {
  return `${bitsOf("pdq", `$${from}`, `$${from + 2}`)}, ${bitsOf("blockhash", `$${from + 1}`, `$${from + 3}`)}`;
}

/** Those four parameters. */
export function bitsValues(searchBits: readonly SearchedVariant[]): (string | null)[] {
  return [0, 1].flatMap((variant) => {
    const found = searchBits.find((each) => each.variant === variant);
    return [found?.pdq ?? null, found?.blockhash ?? null];
  });
}
