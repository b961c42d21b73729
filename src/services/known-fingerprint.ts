import type { SearchBits } from "../db/entry-bits.ts";
import type { KnownImage } from "../db/known-image.ts";
import { searchedBits } from "../db/near-bits.ts";
import type { Look } from "../fingerprint/fingerprint.ts";
import type { NeuralHash } from "../fingerprint/neural.ts";
import { type FingerprintedEntry, neuralSearchBits } from "./fingerprint-entry.ts";

/** What a list would hold of a picture that was checked before, without its bytes; of the version the image row has. */
export function knownFingerprint(image: KnownImage): FingerprintedEntry {
  const whole = image.looks.find(({ transform }) => transform === "identity");
  const trimmed = image.looks.find(({ transform }) => transform === "trimmed");
  const fingerprint = {
    pdq: image.pdq,
    pdqQuality: image.pdqQuality,
    blockhash: image.blockhash,
    trimmedPdq: trimmed?.pdq ?? null,
    trimmedBlockhash: trimmed?.blockhash ?? null,
    detail: image.detail,
    detailCause: image.detailCause,
    neural: null,
    neuralVersion: null,
    fingerprintVersion: image.fingerprintVersion,
  };
  return withNeural({ fingerprint, bits: [...lookBits(whole, 0), ...lookBits(trimmed, 1)] }, image.neural);
}

/** The same with another neural hash, or none; a picture without detail has none. */
export function withNeural({ fingerprint, bits }: FingerprintedEntry, neural: NeuralHash | null): FingerprintedEntry {
  const kept = fingerprint.detail === "sufficient" ? neural : null;
  const rows: SearchBits[] = bits.filter(({ kind }) => kind !== "neural");
  rows.push(...neuralSearchBits(kept?.vector ?? null));
  return {
    fingerprint: { ...fingerprint, neural: kept?.vector ?? null, neuralVersion: kept?.version ?? null },
    bits: rows,
  };
}

function lookBits(look: Look | undefined, variant: SearchBits["variant"]): SearchBits[] {
  if (look === undefined) return [];
  return (["pdq", "blockhash"] as const).flatMap((kind) => {
    const hash = look[kind];
    return hash === null ? [] : [{ kind, variant, bits: searchedBits(kind, hash) }];
  });
}
