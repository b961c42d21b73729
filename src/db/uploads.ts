import { and, gt, isNotNull, sql } from "drizzle-orm";
import type { Database } from "./client.ts";
import { upload } from "./schema.ts";
import { withLock } from "./transaction.ts";

/** How long an upload's bytes are kept. */
const KEPT = "interval '24 hours'";
/** How long it is remembered afterwards that there was one. */
const REMEMBERED = "interval '30 days'";
/** Of each key at most: who uploads and deletes all day is charged nothing for it. */
const REMEMBERED_PER_KEY = 10_000;
/** Until when room stays reserved for bytes that are still to be written; past it their process counts as dead. */
const LEASE = sql`now() + interval '2 minutes'`;
/** What an upload counts for at least, so that there are never more of them than can be counted in a moment. */
const LEAST_ROOM = 4096;
/** In place of the bytes while they are still to be written. */
const TO_COME = Buffer.alloc(0);

/** Room for one upload. */
export interface UploadRoom {
  /** SHA-256 of its id, 64 hex digits. */
  readonly idHash: string;
  readonly byteLength: number;
}

/** What became of a wish for room. `share`: the key has as much as it may, `store`: it has nothing, and there is too little. */
export type Reserved = "reserved" | "share" | "store";

/** What is known of an upload. */
export interface KnownUpload {
  readonly byteLength: number;
  /** False once it was deleted or its time is over. */
  readonly isLive: boolean;
}

/**
 * Reserves room for uploads of one key, all or none. A key may keep as much as it leaves free of `maxBytes`: half where it is
 * alone, so that whoever comes next finds room, however many came before. Small ones count as 4 KiB each. One process at a
 * time counts and reserves, so that no number of simultaneous uploads gets beyond it; the bytes themselves are written
 * afterwards, since others would have to wait for that.
 */
export async function reserveUploads(
  db: Pick<Database, "pool">,
  keyId: string,
  rooms: readonly UploadRoom[],
  maxBytes: number,
): Promise<Reserved> {
  const wanted = rooms.reduce((sum, room) => sum + Math.max(room.byteLength, LEAST_ROOM), 0);
  const room = sql.raw(`greatest(upload.byte_length, ${LEAST_ROOM})`);
  return await withLock(db, "lookalike upload store", async (tx) => {
    const [kept] = await tx
      .select({
        bytes: sql`coalesce(sum(${room}), 0)`.mapWith(Number),
        own: sql`coalesce(sum(${room}) filter (where ${upload.keyId} = ${keyId}), 0)`.mapWith(Number),
      })
      .from(upload)
      .where(and(isNotNull(upload.sealed), gt(upload.expiresAt, sql`now()`)));
    const { bytes, own } = kept ?? { bytes: 0, own: 0 };
    if (own + wanted > maxBytes - bytes - wanted) return own > 0 ? "share" : "store";
    await tx.insert(upload).values(rooms.map((room) => ({ ...room, keyId, sealed: TO_COME, expiresAt: LEASE })));
    return "reserved";
  });
}

/** Writes the bytes of an upload into the room reserved for it, from now on for 24 hours; false where the room is gone. */
export async function storeUpload(db: Database, idHash: string, sealed: Buffer): Promise<boolean> {
  const result = await db.pool.query({
    name: "store_upload",
    text: `update upload set sealed = $2, expires_at = now() + ${KEPT}
      where id_hash = $1 and sealed = '' and expires_at > now()`,
    values: [Buffer.from(idHash, "hex"), sealed],
  });
  return result.rowCount === 1;
}

/** Gives room back, as if nothing had been uploaded. */
export async function releaseUploads(db: Database, idHashes: readonly string[]): Promise<void> {
  await db.pool.query({
    name: "release_uploads",
    text: "delete from upload where id_hash = any($1::bytea[])",
    values: [idHashes.map((idHash) => Buffer.from(idHash, "hex"))],
  });
}

/** An upload of this key; null where the key has none of this id. Bytes whose time is over are removed here already. */
export async function findUpload(db: Database, idHash: string, keyId: string): Promise<KnownUpload | null> {
  const result = await db.pool.query<KnownUpload>({
    name: "find_upload",
    text: `with lapsed as (
        update upload set sealed = null
        where id_hash = $1 and key_id = $2 and sealed is not null and expires_at <= now()
      )
      select byte_length as "byteLength", sealed is not null and expires_at > now() as "isLive"
      from upload where id_hash = $1 and key_id = $2`,
    values: [Buffer.from(idHash, "hex"), keyId],
  });
  return result.rows[0] ?? null;
}

/** The bytes of an upload; null where they are gone. They come in hex, so twice as many are held for a moment. */
export async function readUpload(db: Database, idHash: string): Promise<Buffer | null> {
  const result = await db.pool.query<{ sealed: Buffer }>({
    name: "read_upload",
    text: "select sealed from upload where id_hash = $1 and sealed <> '' and expires_at > now()",
    values: [Buffer.from(idHash, "hex")],
  });
  return result.rows[0]?.sealed ?? null;
}

/** Removes the bytes of an upload of this key, where they are still there; false where the key has none of this id. */
export async function clearUpload(db: Database, idHash: string, keyId: string): Promise<boolean> {
  const result = await db.pool.query({
    name: "clear_upload",
    text: `update upload set sealed = null, expires_at = least(expires_at, now()) where id_hash = $1 and key_id = $2`,
    values: [Buffer.from(idHash, "hex"), keyId],
  });
  return result.rowCount !== 0;
}

/** Removes the bytes of all uploads whose time is over; returns how many. */
export async function clearExpiredUploads(db: Pick<Database, "pool">): Promise<number> {
  const result = await db.pool.query(
    "update upload set sealed = null where sealed is not null and expires_at <= now()",
  );
  return result.rowCount ?? 0;
}

/** Forgets uploads that have been gone for 30 days, and all but the last 10,000 of each key that are gone; returns how many. */
export async function forgetOldUploads(db: Pick<Database, "pool">): Promise<number> {
  const old = await db.pool.query(`delete from upload where expires_at < now() - ${REMEMBERED}`);
  // Only the uploads of keys with too many are put in order: that takes longer than counting all.
  const crowded = await db.pool.query(`delete from upload where id_hash in (
      select gone.id_hash
      from (
        select id_hash, row_number() over (partition by key_id order by expires_at desc) as place
        from upload where sealed is null and key_id in (
          select key_id from upload where sealed is null group by key_id having count(*) > ${REMEMBERED_PER_KEY}
        )
      ) as gone
      where gone.place > ${REMEMBERED_PER_KEY}
    )`);
  return (old.rowCount ?? 0) + (crowded.rowCount ?? 0);
}
