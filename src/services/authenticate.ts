import { createHash, hkdfSync, timingSafeEqual } from "node:crypto";
import type { ScorePolicy } from "../config.ts";
import { type ApiKeyRow, findLiveKey } from "../db/api-keys.ts";
import { AppError } from "../errors.ts";
import { checksumHolds, hashSecret, type PresentedKey, parseToken } from "./api-key-token.ts";
import type { AppContext, KeyActor, Scope } from "./context.ts";

/** Id of the key that ADMIN_KEY fixes. */
export const FIXED_KEY_ID = "key_admin";

/** What a caller may present: a whole token (Bearer, NSFWKEY), or a key's id and secret (Basic, api_user/api_secret). */
export type Credential = { readonly token: string } | { readonly id: string; readonly secret: string };

/**
 * Finds out whose credential this is. A mistyped key is refused by its checksum, without asking the database; a key found
 * good is believed for half a second, or until it is changed by this process.
 * @throws AppError credentials_invalid
 */
export async function authenticate(ctx: AppContext, credential: Credential): Promise<KeyActor> {
  const presented = JSON.stringify("token" in credential ? [credential.token] : [credential.id, credential.secret]);
  const presentedHash = createHash("sha256").update(presented).digest("hex");
  const believed = ctx.keyCache.get(presentedHash);
  if (believed !== null) return believed;
  const generation = ctx.keyCache.generation();
  const fixed = presentsFixedKey(ctx, credential);
  const key = fixed ?? splitKey(credential);
  const row = key === null ? null : await findLiveKey(ctx.db, key.id);
  if (key === null || row === null || (fixed === null && !secretFits(row, key.secret))) {
    throw new AppError(
      "credentials_invalid",
      "Expected a valid API key but received one that is unknown, revoked or mistyped",
    );
  }
  const actor = toActor(ctx, row, key.secret);
  ctx.keyCache.put(presentedHash, actor, generation);
  return actor;
}

function presentsFixedKey(ctx: AppContext, credential: Credential): PresentedKey | null {
  const fixed = ctx.config.adminKey;
  if (fixed === null) return null;
  if ("id" in credential && credential.id !== FIXED_KEY_ID) return null;
  const secret = "token" in credential ? credential.token : credential.secret;
  return equalInConstantTime(hashSecret(secret), hashSecret(fixed)) ? { id: FIXED_KEY_ID, secret } : null;
}

/** Null where it is mistyped, and where it is not of a key's form: such text must not reach the database. */
function splitKey(credential: Credential): PresentedKey | null {
  const key = "token" in credential ? parseToken(credential.token) : parseKey(credential);
  return key !== null && checksumHolds(key) ? key : null;
}

function parseKey({ id, secret }: PresentedKey): PresentedKey | null {
  return id.startsWith("key_") ? parseToken(`lk_${id.slice("key_".length)}_${secret}`) : null;
}

function secretFits(row: ApiKeyRow, secret: string): boolean {
  return row.secretHash !== null && equalInConstantTime(hashSecret(secret), row.secretHash);
}

function equalInConstantTime(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

function toActor(ctx: AppContext, row: ApiKeyRow, secret: string): KeyActor {
  const service: ScorePolicy = ctx.config.scorePolicy;
  return {
    type: "key",
    id: row.id,
    scopes: row.scopes as Scope[],
    scorePolicy: {
      block: row.blockThreshold ?? service.block,
      review: row.reviewThreshold ?? service.review,
      suggestiveReview: row.suggestiveReviewThreshold ?? service.suggestiveReview,
    },
    sealingKey: Buffer.from(hkdfSync("sha256", secret, row.id, "lookalike idempotent answers", 32)),
  };
}
