import type { ActiveList } from "../db/active-lists.ts";
import type { ExactEntry } from "../db/exact-entries.ts";
import type { KnownImage } from "../db/known-image.ts";
import type { QuotaState } from "../db/quota-state.ts";
import { EXACT_KINDS, type ExactKind, type HashKind } from "../fingerprint/fingerprint.ts";
import type { QuotaFacts } from "./check-result.ts";
import type { RequestContext } from "./context.ts";
import { answerForEntries, answerForImage, gravestAnswer, type HashAnswer } from "./hash-answer.ts";
import { lookUpByLooks } from "./look-up-by-looks.ts";
import { lookUpGate } from "./look-up-gate.ts";
import { requireScopeOfKey } from "./require-scope.ts";

/** A hash as a caller gives it: lower-case hex of its kind's length. */
export interface GivenHash {
  readonly kind: HashKind;
  readonly value: string;
}

export interface HashLookUp {
  readonly answers: readonly HashAnswer[];
  readonly quota: QuotaFacts;
}

interface Gate {
  readonly images: readonly KnownImage[];
  readonly entries: readonly ExactEntry[];
}

/**
 * Tells what is known of hashes, in the order they were given, at no cost and without any pixels.
 * @throws AppError list_not_found
 */
export async function lookUpHashes(
  ctx: RequestContext,
  hashes: readonly GivenHash[],
  listNames: readonly string[] | null,
): Promise<HashLookUp> {
  requireScopeOfKey(ctx, "check");
  const { gates, lists, quota } = await openGates(ctx, hashes, listNames);
  const answers: HashAnswer[] = [];
  for (const hash of hashes) {
    const answer = await answerOne(ctx, hash, gates, lists);
    ctx.metrics.hashLookUps.inc({ kind: hash.kind, verdict: answer.verdict });
    answers.push(answer);
  }
  if (ctx.actor.type === "key") ctx.lookUpCounts.add(ctx.actor.id, hashes.length);
  return { answers, quota: { ...quota, charged: 0 } };
}

/** One statement for each exact kind asked for; one all the same for the lists and the quota where there is none. */
async function openGates(
  ctx: RequestContext,
  hashes: readonly GivenHash[],
  listNames: readonly string[] | null,
): Promise<{ gates: Map<ExactKind, Gate>; lists: readonly ActiveList[]; quota: QuotaState }> {
  const asked = EXACT_KINDS.filter((kind) => hashes.some((hash) => hash.kind === kind));
  const kinds: readonly ExactKind[] = asked.length === 0 ? ["sha256"] : asked;
  const opened = await Promise.all(
    kinds.map((kind) => {
      const values = hashes.filter((hash) => hash.kind === kind).map((hash) => hash.value);
      return lookUpGate(ctx, { kind, values, listNames });
    }),
  );
  const gates = new Map(opened.map((gate, index) => [kinds[index] ?? "sha256", gate]));
  const [first] = opened;
  if (first === undefined) throw new Error("No gate was opened");
  return { gates, lists: first.lists, quota: first.quota };
}

async function answerOne(
  ctx: RequestContext,
  { kind, value }: GivenHash,
  gates: ReadonlyMap<ExactKind, Gate>,
  lists: readonly ActiveList[],
): Promise<HashAnswer> {
  if (kind === "pdq" || kind === "blockhash") return await lookUpByLooks(ctx, kind, value, lists);
  const gate = gates.get(kind);
  // Two files can be made to share an MD5 or a SHA-1; then the graver answer holds for the hash.
  const images = gate?.images.filter((image) => image.digests[kind] === value) ?? [];
  if (images.length > 0) {
    return gravestAnswer(await Promise.all(images.map((image) => answerForImage(ctx, image, lists))));
  }
  const entries = gate?.entries.filter((entry) => entry.digests[kind] === value) ?? [];
  return answerForEntries(ctx, { kind, value }, entries, lists);
}
