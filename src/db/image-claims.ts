import type { Database } from "./client.ts";

/**
 * Past it the claim's process counts as dead. Above the longest the work on one image can take: 30 s in the queue and 10 s
 * to decode, the same to classify, and what the database takes. Others wait this long for a process that died, so the
 * leases of what waits (quota reservations, idempotent requests) are longer.
 */
const LEASE = "interval '2 minutes'";

/** Who holds a claim: a process has one on an image at a time, and knows an earlier one of its own from it. */
export interface ClaimOwner {
  readonly processId: string;
  readonly claimId: string;
}

const textOf = ({ processId, claimId }: ClaimOwner) => `${processId}/${claimId}`;

/**
 * Claims an image that is new to every process, so that only one of them decodes and classifies it. False where another
 * process's claim stands; an earlier claim of this process has outlived its work, for want of a database that answered.
 * @param sha256 64 hex digits
 */
export async function claimImage(db: Database, sha256: string, owner: ClaimOwner): Promise<boolean> {
  const result = await db.pool.query({
    name: "claim_image",
    text: `insert into image_claim (sha256, owner, expires_at) values ($1, $2, now() + ${LEASE})
      on conflict (sha256) do update set owner = excluded.owner, expires_at = excluded.expires_at
      where image_claim.expires_at < now() or split_part(image_claim.owner, '/', 1) = $3`,
    values: [Buffer.from(sha256, "hex"), textOf(owner), owner.processId],
  });
  return result.rowCount === 1;
}

/** Adds the SHA-1 to a claim; does nothing where it has ended. Both digests 64 and 40 hex digits. */
export async function noteClaimSha1(db: Database, sha256: string, sha1: string): Promise<void> {
  await db.pool.query({
    name: "note_claim_sha1",
    text: "update image_claim set sha1 = $2 where sha256 = $1",
    values: [Buffer.from(sha256, "hex"), Buffer.from(sha1, "hex")],
  });
}

/** Ends this owner's claim; does nothing where it is gone already. */
export async function releaseImageClaim(db: Database, sha256: string, owner: ClaimOwner): Promise<void> {
  await db.pool.query({
    name: "release_image_claim",
    text: "delete from image_claim where sha256 = $1 and owner = $2",
    values: [Buffer.from(sha256, "hex"), textOf(owner)],
  });
}

/** True while some process works on the image. */
export async function isImageClaimed(db: Database, kind: "sha256" | "sha1", value: string): Promise<boolean> {
  const result = await db.pool.query({
    name: `is_image_claimed_${kind}`,
    text: `select from image_claim where ${kind} = $1 and expires_at >= now()`,
    values: [Buffer.from(value, "hex")],
  });
  return result.rowCount !== 0;
}

/** Removes the claims of processes that died; returns how many. */
export async function forgetLapsedClaims(db: Pick<Database, "pool">): Promise<number> {
  const result = await db.pool.query("delete from image_claim where expires_at < now()");
  return result.rowCount ?? 0;
}
