import type { Database } from "./client.ts";

/** How long an answer is kept for repeating. */
const KEPT = "interval '24 hours'";
/**
 * Past it a request's process counts as dead and the request may run anew. Above the longest a request can run: 10 s to
 * fetch, the whole lease of a dead process's claim on the image (2 minutes), and its own work on it (80 s).
 */
const LEASE = "interval '5 minutes'";

/** One request's hold on an Idempotency-Key. */
export interface IdempotencyClaim {
  /** Whose key it is. */
  readonly caller: string;
  readonly key: string;
  /** Of this one request. */
  readonly owner: string;
  /** What earlier runs of the same request were charged, whose answers were lost: this one owes nothing more. */
  readonly chargedUnits: number;
}

/** What is known of one Idempotency-Key of one caller. */
export type IdempotentRequest =
  /** It is ours to run. */
  | { readonly state: "claimed"; readonly claim: IdempotencyClaim }
  /** Another request with it is running. */
  | { readonly state: "running"; readonly requestDigest: string }
  /** It was answered; `answer` is sealed. */
  | { readonly state: "answered"; readonly requestDigest: string; readonly status: number; readonly answer: Buffer };

interface Row {
  request_digest: Buffer;
  status: number | null;
  answer: Buffer | null;
}

/**
 * Claims a key for one request, or tells what became of the request it was used with. A request that was charged stays the
 * only one its key can be used with, also where its answer was lost.
 */
export async function claimIdempotencyKey(
  db: Database,
  caller: string,
  key: string,
  requestDigest: string,
  owner: string,
): Promise<IdempotentRequest> {
  for (;;) {
    const claimed = await db.pool.query<{ charged_units: number }>({
      name: "claim_idempotency_key",
      text: `insert into idempotent_request as known (caller, key, request_digest, owner, lease_until)
        values ($1, $2, $3, $4, now() + ${LEASE})
        on conflict (caller, key) do update
        set request_digest = excluded.request_digest, owner = excluded.owner, lease_until = excluded.lease_until,
          status = null, answer = null, created_at = now(),
          charged_units = case when known.created_at < now() - ${KEPT} then 0 else known.charged_units end
        where known.created_at < now() - ${KEPT} or (known.status is null and known.lease_until < now()
          and (known.charged_units = 0 or known.request_digest = excluded.request_digest))
        returning charged_units`,
      values: [caller, key, Buffer.from(requestDigest, "hex"), owner],
    });
    const chargedUnits = claimed.rows[0]?.charged_units;
    if (chargedUnits !== undefined) return { state: "claimed", claim: { caller, key, owner, chargedUnits } };
    const found = await db.pool.query<Row>({
      name: "find_idempotent_request",
      text: "select request_digest, status, answer from idempotent_request where caller = $1 and key = $2",
      values: [caller, key],
    });
    const row = found.rows[0];
    // Gone between the two statements: its request failed and gave the key back.
    if (row === undefined) continue;
    const requested = row.request_digest.toString("hex");
    if (row.status === null || row.answer === null) return { state: "running", requestDigest: requested };
    return { state: "answered", requestDigest: requested, status: row.status, answer: row.answer };
  }
}

/** Keeps the answer of a claimed request. */
export async function keepAnswer(
  db: Database,
  caller: string,
  key: string,
  owner: string,
  status: number,
  answer: Buffer,
): Promise<void> {
  await db.pool.query({
    name: "keep_idempotent_answer",
    text: `update idempotent_request set status = $4, answer = $5 where caller = $1 and key = $2 and owner = $3`,
    values: [caller, key, owner, status, answer],
  });
}

/**
 * Gives a claimed key back after a failure that may be tried again. A run may have been charged although it failed for us:
 * then the key remembers that, and the same request may use it at once.
 */
export async function releaseIdempotencyKey(db: Database, caller: string, key: string, owner: string): Promise<void> {
  await db.pool.query({
    name: "release_idempotency_key",
    text: `with charged as (
        update idempotent_request set lease_until = now()
        where caller = $1 and key = $2 and owner = $3 and status is null and charged_units > 0
      )
      delete from idempotent_request
      where caller = $1 and key = $2 and owner = $3 and status is null and charged_units = 0`,
    values: [caller, key, owner],
  });
}

/** Forgets answers that are past their time; returns how many. */
export async function forgetOldAnswers(db: Pick<Database, "pool">): Promise<number> {
  const result = await db.pool.query(
    `delete from idempotent_request where created_at < now() - ${KEPT} and lease_until < now()`,
  );
  return result.rowCount ?? 0;
}
