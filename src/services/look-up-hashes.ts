import { ClientAborted } from "../client-aborted.ts";
import { type ExactEntry, findExactEntries } from "../db/exact-entries.ts";
import type { QuotaState } from "../db/quota-state.ts";
import { EXACT_KINDS, type ExactKind, type HashKind } from "../fingerprint/fingerprint.ts";
import type { QuotaFacts } from "./check-result.ts";
import type { RequestContext } from "./context.ts";
import { exactMatch } from "./find-list-matches.ts";
import { answerForImage, answerForMatches, gravestAnswer, type HashAnswer } from "./hash-answer.ts";
import { lookUpByLooks } from "./look-up-by-looks.ts";
import { type AskedLists, lookUpGate, type MatchScope, type OpenGate } from "./look-up-gate.ts";
import { requireScopeOfKey } from "./require-scope.ts";

/** Hashes of one call that are answered at the same time: more would keep other calls from the database. */
const TOGETHER = 8;

/** A hash as a caller gives it: lower-case hex of its kind's length. */
export interface GivenHash {
  readonly kind: HashKind;
  readonly value: string;
}

export interface HashLookUp {
  readonly answers: readonly HashAnswer[];
  readonly quota: QuotaFacts;
}

interface Gates {
  readonly byKind: ReadonlyMap<ExactKind, OpenGate>;
  /** Live entries that hold one of the asked digests, for hashes that no checked image has. */
  readonly entries: readonly ExactEntry[];
  readonly scope: MatchScope;
  readonly quota: QuotaState;
}

/**
 * Tells what is known of hashes, in the order they were given, at no cost and without any pixels. A caller who leaves
 * meanwhile ends the work.
 * @throws AppError list_not_found
 * @throws ClientAborted
 */
export async function lookUpHashes(
  ctx: RequestContext,
  hashes: readonly GivenHash[],
  lists: AskedLists,
): Promise<HashLookUp> {
  requireScopeOfKey(ctx, "check");
  const gates = await openGates(ctx, hashes, lists);
  const answers: HashAnswer[] = [];
  for (let from = 0; from < hashes.length; from += TOGETHER) {
    if (ctx.client.destroyed) throw new ClientAborted();
    const some = hashes.slice(from, from + TOGETHER);
    answers.push(...(await Promise.all(some.map((hash) => answerOne(ctx, hash, gates)))));
  }
  for (const [place, { kind }] of hashes.entries()) {
    const verdict = answers[place]?.verdict ?? "unknown";
    ctx.metrics.hashLookUps.inc({ kind, verdict });
  }
  if (ctx.actor.type === "key") ctx.lookUpCounts.add(ctx.actor.id, hashes.length);
  return { answers, quota: { ...gates.quota, charged: 0 } };
}

/** One statement for each exact kind asked for; one all the same for the quota where there is none. */
async function openGates(ctx: RequestContext, hashes: readonly GivenHash[], lists: AskedLists): Promise<Gates> {
  const valuesOf = (kind: ExactKind) => hashes.filter((hash) => hash.kind === kind).map(({ value }) => value);
  const values = { sha1: valuesOf("sha1"), sha256: valuesOf("sha256"), md5: valuesOf("md5") };
  const kinds = EXACT_KINDS.filter((kind) => values[kind].length > 0);
  const [first = "sha256", ...others] = kinds;
  const gate = await lookUpGate(ctx, first, values[first], lists);
  const byKind = new Map([[first, gate]]);
  for (const kind of others) byKind.set(kind, await lookUpGate(ctx, kind, values[kind], lists));
  const listed = [...byKind.values()].some((each) => each.listed);
  const { entries } = listed
    ? await findExactEntries(ctx.db, ctx.hotMemory.follower, values, gate.scope.listIds)
    : { entries: [] };
  return { byKind, entries, scope: gate.scope, quota: gate.quota };
}

async function answerOne(ctx: RequestContext, { kind, value }: GivenHash, gates: Gates): Promise<HashAnswer> {
  if (kind === "pdq" || kind === "blockhash") return await lookUpByLooks(ctx, kind, value, gates.scope);
  // Two files can be made to share an MD5 or a SHA-1; then the graver answer holds for the hash.
  const images = gates.byKind.get(kind)?.images.filter((image) => image.digests[kind] === value) ?? [];
  if (images.length > 0) {
    return gravestAnswer(await Promise.all(images.map((image) => answerForImage(ctx, image, gates.scope))));
  }
  const fingerprint = { [kind]: value };
  return answerForMatches(
    ctx,
    fingerprint,
    gates.entries.flatMap((entry) => exactMatch(entry, fingerprint)),
  );
}
