import type { Database } from "./client.ts";

/** How long an answer is kept for repeating. */
const KEPT = "interval '24 hours'";
/**
 * Past it a request's process counts as dead and the request may run anew. Above the longest a request can run: 10 s to
 * fetch, the whole lease of a dead process's claim on the image (2 minutes), and its own work on it (80 s).
 */
const LEASE = "interval '5 minutes'";

/** What is known of one Idempotency-Key of one caller. */
export type IdempotentRequest =
  /** It is ours to run. */
  | { readonly state: "claimed" }
  /** Another request with it is running. */
  | { readonly state: "running"; readonly requestDigest: string }
  /** It was answered; `answer` is sealed. */
  | { readonly state: "answered"; readonly requestDigest: string; readonly status: number; readonly answer: Buffer };

interface Row {
  request_digest: Buffer;
  status: number | null;
  answer: Buffer | null;
}

/** Claims a key for one request, or tells what became of the request it was used with. */
export async function claimIdempotencyKey(
  db: Database,
  caller: string,
  key: string,
  requestDigest: string,
  owner: string,
): Promise<IdempotentRequest> {
  for (;;) {
    const claimed = await db.pool.query({
      name: "claim_idempotency_key",
      text: `insert into idempotent_request as known (caller, key, request_digest, owner, lease_until)
        values ($1, $2, $3, $4, now() + ${LEASE})
        on conflict (caller, key) do update
        set request_digest = excluded.request_digest, owner = excluded.owner, lease_until = excluded.lease_until,
          status = null, answer = null, created_at = now()
        where known.created_at < now() - ${KEPT} or (known.status is null and known.lease_until < now())`,
      values: [caller, key, Buffer.from(requestDigest, "hex"), owner],
    });
    if (claimed.rowCount === 1) return { state: "claimed" };
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

/** Gives a claimed key back after a failure that may be tried again. */
export async function releaseIdempotencyKey(db: Database, caller: string, key: string, owner: string): Promise<void> {
  await db.pool.query({
    name: "release_idempotency_key",
    text: "delete from idempotent_request where caller = $1 and key = $2 and owner = $3 and status is null",
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
