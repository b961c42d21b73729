import { neuralBits } from "../fingerprint/neural.ts";
import type { CheckResult, QuotaFacts, Seen } from "../services/check-result.ts";
import type { EntryRow } from "../services/get-entry.ts";
import type { ListRow } from "../services/get-list.ts";
import type { HashAnswer } from "../services/hash-answer.ts";
import { publicId } from "../services/ids.ts";
import type { Match } from "../services/match.ts";
import type { QuotaState } from "../services/read-own-quota.ts";

/** The native API's JSON of a check. */
export function presentCheck(result: CheckResult) {
  const { fingerprint } = result;
  return {
    id: result.id,
    verdict: result.verdict,
    reasons: [...result.reasons],
    fingerprint: {
      sha1: fingerprint.sha1,
      sha256: fingerprint.sha256,
      md5: fingerprint.md5,
      pdq: fingerprint.pdq,
      pdq_quality: fingerprint.pdqQuality,
      blockhash: fingerprint.blockhash,
      detail: fingerprint.detail,
      detail_cause: fingerprint.detailCause,
      trimmed: fingerprint.trimmed,
      neural: fingerprint.neural,
      width: fingerprint.width,
      height: fingerprint.height,
      format: fingerprint.format,
      frames: fingerprint.frames,
      bytes: fingerprint.bytes,
    },
    seen: presentSeen(result.seen),
    matches: result.matches.map(presentMatch),
    classification: presentClassification(result.classification),
    quota: presentQuota(result.quota),
  };
}

/** The native API's JSON of one hash's answer. */
export function presentHashAnswer(answer: HashAnswer, quota: QuotaFacts) {
  const { pdqQuality, detailCause, ...fingerprint } = answer.fingerprint;
  return {
    id: answer.id,
    known: answer.known,
    verdict: answer.verdict,
    reasons: [...answer.reasons],
    fingerprint: {
      ...fingerprint,
      ...(pdqQuality !== undefined && { pdq_quality: pdqQuality }),
      ...(detailCause !== undefined && { detail_cause: detailCause }),
    },
    seen: answer.seen === null ? null : presentSeen(answer.seen),
    matches: answer.matches.map(presentMatch),
    classification: presentClassification(answer.classification),
    quota: presentQuota(quota),
  };
}

function presentSeen({ exact, times, firstSeenAt, near }: Seen) {
  return {
    exact,
    times,
    first_seen_at: firstSeenAt.toISOString(),
    near: near && {
      image_id: near.imageId,
      hash: near.hash,
      distance: near.distance,
      transform: near.transform,
    },
  };
}

function presentMatch(match: Match) {
  return {
    list: match.list,
    entry_id: match.entryId,
    custom_id: match.customId,
    hash: match.hash,
    distance: match.distance,
    threshold: match.threshold,
    transform: match.transform,
    confirmed_by: match.confirmedBy,
    fingerprint_version: match.fingerprintVersion,
  };
}

function presentClassification(classification: CheckResult["classification"]) {
  return classification && { ...classification, scores: { ...classification.scores } };
}

export function presentQuota(quota: QuotaFacts) {
  return { charged: quota.charged, ...presentQuotaState(quota) };
}

export function presentQuotaState({ remaining, limit, resetsAt }: QuotaState) {
  return { remaining, limit, resets_at: resetsAt?.toISOString() ?? null };
}

export function presentList(row: ListRow) {
  return {
    id: publicId("list", row.id),
    name: row.name,
    kind: row.kind,
    action: row.action,
    pdq_threshold: row.pdqThreshold,
    blockhash_threshold: row.blockhashThreshold,
    agreement_pdq_threshold: row.agreementPdqThreshold,
    agreement_blockhash_threshold: row.agreementBlockhashThreshold,
    neural_threshold: row.neuralThreshold,
    neural_vector_threshold: row.neuralVectorThreshold,
    match: row.match,
    description: row.description,
    metadata: { ...row.metadata },
    enabled: row.enabled,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

export function presentEntry(row: EntryRow, listName: string) {
  return {
    id: publicId("entry", row.id),
    list: listName,
    custom_id: row.customId,
    note: row.note,
    metadata: { ...row.metadata },
    source: row.source,
    pattern: row.pattern,
    syntax: row.patternSyntax,
    hashes: {
      sha256: row.sha256,
      sha1: row.sha1,
      md5: row.md5,
      pdq: row.pdq,
      blockhash: row.blockhash,
      trimmed_pdq: row.trimmedPdq,
      trimmed_blockhash: row.trimmedBlockhash,
      neural: row.neural === null ? null : neuralBits(row.neural),
    },
    pdq_quality: row.pdqQuality,
    detail: row.detail,
    detail_cause: row.detailCause,
    fingerprint_version: row.fingerprintVersion,
    neural_version: row.neuralVersion,
    source_url: row.sourceUrl,
    enabled: row.enabled,
    expires_at: row.expiresAt?.toISOString() ?? null,
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
