import { eq } from "drizzle-orm";
import type { SearchedKind } from "../fingerprint/fingerprint.ts";
import type { StoredVariant } from "./hot-keys.ts";
import { entryBlockhash, entryNeural, entryPdq } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** One row that the distance search finds an entry by; a kind or variant that has none is not searched. */
export interface SearchBits {
  readonly kind: SearchedKind;
  /** 0: the whole picture, 1: trimmed of its borders. */
  readonly variant: StoredVariant;
  /** In index order, as PostgreSQL's bit input takes them: `searchedBits` of near-bits.ts. */
  readonly bits: string;
}

const TABLES = { pdq: entryPdq, blockhash: entryBlockhash, neural: entryNeural } as const;

/** Adds the rows that aren't there. */
export async function insertBits(tx: Transaction, entryId: bigint, rows: readonly SearchBits[]): Promise<void> {
  for (const { kind, variant, bits } of rows) {
    await tx.insert(TABLES[kind]).values({ entryId, variant, bits }).onConflictDoNothing();
  }
}

/** Leaves these rows and no others. */
export async function replaceBits(tx: Transaction, entryId: bigint, rows: readonly SearchBits[]): Promise<void> {
  for (const table of Object.values(TABLES)) await tx.delete(table).where(eq(table.entryId, entryId));
  await insertBits(tx, entryId, rows);
}
