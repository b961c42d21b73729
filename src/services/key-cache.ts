import type { KeyActor } from "./context.ts";

/**
 * How long a key that was found good is believed without asking again, in milliseconds from when it was asked for. A
 * revocation holds in the process that made it at once and in every other one within this time.
 */
export const BELIEVED_MS = 500;
const MOST_KEYS = 10_000;

interface Believed {
  readonly actor: KeyActor;
  readonly untilMs: number;
}

/** When a key began to be read: what is read may have changed since. */
export interface KeyReading {
  readonly generation: number;
  readonly atMs: number;
}

/** Keys authenticated a moment ago, by a hash of what was presented; holds no secret. */
export interface KeyCache {
  get(presentedHash: string): KeyActor | null;
  /** To be taken before a key is read. */
  beginReading(): KeyReading;
  /**
   * Believes a key, unless one was forgotten since its reading began: what was read then may be what a revocation has
   * ended meanwhile.
   */
  put(presentedHash: string, actor: KeyActor, reading: KeyReading): void;
  /** Forgets every presented form of one key, also the one that is being read. */
  forget(keyId: string): void;
}

/** @param now milliseconds of a clock that never goes back */
export function createKeyCache(now: () => number = () => performance.now()): KeyCache {
  const believed = new Map<string, Believed>();
  let generation = 0;
  return {
    get(presentedHash) {
      const found = believed.get(presentedHash);
      if (found === undefined) return null;
      if (found.untilMs > now()) return found.actor;
      believed.delete(presentedHash);
      return null;
    },
    beginReading: () => ({ generation, atMs: now() }),
    put(presentedHash, actor, reading) {
      if (reading.generation !== generation) return;
      if (believed.size >= MOST_KEYS) believed.clear();
      believed.set(presentedHash, { actor, untilMs: reading.atMs + BELIEVED_MS });
    },
    forget(keyId) {
      generation++;
      for (const [hash, { actor }] of believed) if (actor.id === keyId) believed.delete(hash);
    },
  };
}
