import type { KeyActor } from "./context.ts";

/**
 * How long a key that was found good is believed without asking again, in milliseconds. A revocation holds in the
 * process that made it at once and in every other one within this time.
 */
const BELIEVED_MS = 500;
const MOST_KEYS = 10_000;

interface Believed {
  readonly actor: KeyActor;
  readonly untilMs: number;
}

/** Keys authenticated a moment ago, by SHA-256 of what was presented; holds no secret. */
export interface KeyCache {
  get(presentedHash: string): KeyActor | null;
  put(presentedHash: string, actor: KeyActor): void;
  /** Forgets every presented form of one key. */
  forget(keyId: string): void;
}

export function createKeyCache(now: () => number = () => performance.now()): KeyCache {
  const believed = new Map<string, Believed>();
  return {
    get(presentedHash) {
      const found = believed.get(presentedHash);
      if (found === undefined) return null;
      if (found.untilMs > now()) return found.actor;
      believed.delete(presentedHash);
      return null;
    },
    put(presentedHash, actor) {
      if (believed.size >= MOST_KEYS) believed.clear();
      believed.set(presentedHash, { actor, untilMs: now() + BELIEVED_MS });
    },
    forget(keyId) {
      for (const [hash, { actor }] of believed) if (actor.id === keyId) believed.delete(hash);
    },
  };
}
