/** Which of a picture's rows: 0 the whole picture, 1 what its uniform borders leave. */
export type StoredVariant = 0 | 1;

/** 2^52; the triggers on the searched tables add it (migrations/0004_looks-and-neural.sql). */
const VARIANT_STEP = 4503599627370496;

/** The number that stands for a row in memory and in `fingerprint_change`: a safe integer, the owner itself for variant 0. */
export function hotKey(owner: number, variant: StoredVariant): number {
  return owner + variant * VARIANT_STEP;
}

/** The owner of the row that a key stands for. */
export function ownerOfKey(key: number): number {
  return key % VARIANT_STEP;
}
