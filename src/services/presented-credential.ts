import { createHash, randomBytes } from "node:crypto";

/** What a caller may present: a whole token (Bearer, NSFWKEY), or a key's id and secret (Basic, api_user/api_secret). */
export type Credential = { readonly token: string } | { readonly id: string; readonly secret: string };

/** Of this process alone: what is kept of a credential can't be tried against guesses elsewhere. */
const SALT = randomBytes(32);

/** What a credential is remembered by in memory: a salted SHA-256 of it, hex. */
export function hashPresented(credential: Credential): string {
  const presented = JSON.stringify("token" in credential ? [credential.token] : [credential.id, credential.secret]);
  return createHash("sha256").update(SALT).update(presented).digest("hex");
}
