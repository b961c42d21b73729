import { joinTransforms } from "../db/known-image.ts";
import { searchedBits } from "../db/near-bits.ts";
import type { CheckedImage } from "../db/record-check.ts";
import type { Digests } from "../fingerprint/fingerprint.ts";
import type { NeuralHash } from "../fingerprint/neural.ts";
import { FINGERPRINT_VERSION } from "../fingerprint/version.ts";
import type { ImageReport } from "../worker/protocol.ts";

/**
 * What is stored of an image that was decoded.
 * @param byteLength bytes of its file
 * @param neural null where the model did not run
 */
export function checkedImage(
  report: ImageReport,
  digests: Digests,
  byteLength: number,
  neural: NeuralHash | null,
): CheckedImage {
  const { pdq, blockhash, variants } = report;
  const whole = variants.find(({ trimmed }) => !trimmed) ?? null;
  const rest = variants.find(({ trimmed }) => trimmed) ?? null;
  return {
    digests,
    byteLength,
    format: report.format,
    width: report.width,
    height: report.height,
    frames: report.frames,
    // Not searched by its looks, a picture needs none of the others.
    pdqTransforms: whole === null ? pdq : joinTransforms(whole.pdq),
    pdqQuality: report.pdqQuality,
    blockhash,
    blockhashTransforms: whole && joinTransforms(whole.blockhash),
    trimmedTransforms: rest && joinTransforms(rest.pdq) + joinTransforms(rest.blockhash),
    detail: report.detail,
    detailCause: report.detailCause,
    fingerprintVersion: FINGERPRINT_VERSION,
    neural: neural?.vector ?? null,
    neuralVersion: neural?.version ?? null,
    searchBits: variants.map(({ trimmed, pdq, blockhash }) => ({
      variant: trimmed ? 1 : 0,
      pdq: searchedBits("pdq", pdq.identity),
      blockhash: searchedBits("blockhash", blockhash.identity),
    })),
  };
}
