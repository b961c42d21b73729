import { hkdfSync, timingSafeEqual } from "node:crypto";
import type { ScorePolicy } from "../config.ts";
import { type ApiKeyRow, findLiveKey } from "../db/api-keys.ts";
import { AppError } from "../errors.ts";
import { checksumHolds, hashSecret, type PresentedKey, parseToken } from "./api-key-token.ts";
import type { AppContext, KeyActor, Scope } from "./context.ts";
import { type Credential, hashPresented } from "./presented-credential.ts";

export type { Credential };

/** Id of the key that ADMIN_KEY fixes. */
export const FIXED_KEY_ID = "key_admin";

/** Fits no secret. Compared with where there is no key of an id, so that this takes as long as a wrong secret does. */
const NO_SECRET_HASH = "0".repeat(64);

/**
 * Finds out whose credential this is. A mistyped key is refused by its checksum, without asking the database; a key found
 * good is believed for half a second, or until it is changed by this process. Asks the database itself, never a replica.
 * @param address what wrong credentials are counted by, such as `192.0.2.7` or `2001:db8:1:2::/64`
 * @throws AppError credentials_invalid, the same whatever is wrong; credentials_throttled, after too many of them
 */
export async function authenticate(ctx: AppContext, credential: Credential, address: string): Promise<KeyActor> {
  const presentedHash = hashPresented(credential);
  try {
    return await ctx.credentialThrottle.run(
      address,
      presentedHash,
      async () => ctx.keyCache.get(presentedHash) ?? (await findActor(ctx, credential, presentedHash)),
    );
  } catch (error) {
    if (error instanceof AppError) countRefusal(ctx, error);
    throw error;
  }
}

async function findActor(ctx: AppContext, credential: Credential, presentedHash: string): Promise<KeyActor> {
  const reading = ctx.keyCache.beginReading();
  const fixed = presentsFixedKey(ctx, credential);
  const key = fixed ?? splitKey(credential);
  const row = key === null ? null : await findLiveKey(ctx.db, key.id);
  const fits = key !== null && (fixed !== null || secretFits(row, key.secret));
  if (row === null || !fits) {
    throw new AppError(
      "credentials_invalid",
      "Expected a valid API key but received one that is unknown, revoked or mistyped",
    );
  }
  const actor = toActor(ctx, row, key.secret);
  ctx.keyCache.put(presentedHash, actor, reading);
  return actor;
}

function countRefusal({ metrics }: AppContext, { code }: AppError): void {
  if (code === "credentials_invalid") metrics.credentialRefusals.inc({ reason: "invalid" });
  if (code === "credentials_throttled") metrics.credentialRefusals.inc({ reason: "throttled" });
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

function secretFits(row: ApiKeyRow | null, secret: string): boolean {
  return equalInConstantTime(hashSecret(secret), row?.secretHash ?? NO_SECRET_HASH);
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
