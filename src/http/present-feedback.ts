import type { FeedbackRow } from "../services/give-feedback.ts";
import { publicId } from "../services/ids.ts";

/** The native API's JSON of feedback. */
export function presentFeedback(row: FeedbackRow) {
  return {
    id: publicId("feedback", row.id),
    key_id: row.keyId,
    surface: row.surface,
    model: row.model,
    class: row.class,
    fingerprint: {
      sha256: row.sha256,
      sha1: row.sha1,
      md5: row.md5,
      pdq: row.pdq,
      pdq_quality: row.pdqQuality,
      blockhash: row.blockhash,
      version: row.fingerprintVersion,
    },
    verdict: row.verdict,
    scores: row.scores,
    picture: row.hasPicture,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
