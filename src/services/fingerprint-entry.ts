import type { SearchBits } from "../db/entry-bits.ts";
import { searchedBits } from "../db/near-bits.ts";
import type { FingerprintFields } from "../db/stale-entries.ts";
import type { Variant } from "../fingerprint/fingerprint.ts";
import { neuralBits } from "../fingerprint/neural.ts";
import { isCrowded } from "../fingerprint/neural-crowd.ts";
import { FINGERPRINT_VERSION } from "../fingerprint/version.ts";
import type { HeldImage } from "../worker/pool.ts";
import type { AppContext } from "./context.ts";

/** The perceptual hashes of a list entry, and what they say of the picture. */
export type EntryFingerprint = FingerprintFields;

export interface FingerprintedEntry {
  readonly fingerprint: EntryFingerprint;
  /** What the entry is found by; nothing where the picture has too little detail. */
  readonly bits: readonly SearchBits[];
}

/**
 * Fingerprints a picture for a list: whole, trimmed and by the model, whichever lists it will be searched in, since a list
 * may ask for more later.
 * @throws AppError what is wrong with the image; overloaded
 */
export async function fingerprintEntry(ctx: AppContext, bytes: Uint8Array): Promise<FingerprintedEntry> {
  const held = await ctx.workers.fingerprint(bytes, { hold: ctx.workers.model.neuralVersion !== null });
  try {
    const neural = held.report.variants.length > 0 ? await neuralVector(ctx, held) : null;
    const { pdq, pdqQuality, blockhash, detail, detailCause, variants } = held.report;
    const rest = variants.find(({ trimmed }) => trimmed);
    return {
      fingerprint: {
        pdq,
        pdqQuality,
        blockhash,
        trimmedPdq: rest?.pdq.identity ?? null,
        trimmedBlockhash: rest?.blockhash.identity ?? null,
        detail,
        detailCause,
        neural,
        neuralVersion: neural === null ? null : ctx.workers.model.neuralVersion,
        fingerprintVersion: FINGERPRINT_VERSION,
      },
      bits: [...variants.flatMap(variantBits), ...neuralSearchBits(neural)],
    };
  } finally {
    held.release();
  }
}

async function neuralVector(ctx: AppContext, held: HeldImage): Promise<string | null> {
  if (ctx.workers.model.neuralVersion === null) return null;
  const { neural } = await held.classify();
  ctx.metrics.classifierRuns.inc();
  return neural;
}

/**
 * What an entry is found by of its neural vector: nothing where the model doesn't tell pictures of its kind apart.
 * @param vector 512 hex digits; null without one
 */
export function neuralSearchBits(vector: string | null): SearchBits[] {
  if (vector === null || isCrowded(vector)) return [];
  return [{ kind: "neural", variant: 0, bits: searchedBits("neural", neuralBits(vector)) }];
}

function variantBits({ trimmed, pdq, blockhash }: Variant): SearchBits[] {
  const variant = trimmed ? 1 : 0;
  return [
    { kind: "pdq", variant, bits: searchedBits("pdq", pdq.identity) },
    { kind: "blockhash", variant, bits: searchedBits("blockhash", blockhash.identity) },
  ];
}
