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
  /** Changes whenever a key is forgotten. */
  generation(): number;
  /**
   * Believes a key, unless one was forgotten since `generation`, which is to be taken before the key is read: what was
   * read then may be what a revocation has ended meanwhile.
   */
  put(presentedHash: string, actor: KeyActor, generation: number): void;
  /** Forgets every presented form of one key, also the one that is being read. */
  forget(keyId: string): void;
}

export function createKeyCache(now: () => number = () => performance.now()): KeyCache {
  const believed = new Map<string, Believed>();
  let current = 0;
  return {
    get(presentedHash) {
      const found = believed.get(presentedHash);
      if (found === undefined) return null;
      if (found.untilMs > now()) return found.actor;
      believed.delete(presentedHash);
      return null;
    },
    generation: () => current,
    put(presentedHash, actor, generation) {
      if (generation !== current) return;
      if (believed.size >= MOST_KEYS) believed.clear();
      believed.set(presentedHash, { actor, untilMs: now() + BELIEVED_MS });
    },
    forget(keyId) {
      current++;
      for (const [hash, { actor }] of believed) if (actor.id === keyId) believed.delete(hash);
    },
  };
}
