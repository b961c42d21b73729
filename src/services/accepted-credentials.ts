import { createRecentMap } from "./recent-map.ts";

/** How long a credential counts as known at an address after it was last accepted from there, in milliseconds. */
const KNOWN_MS = 3_600_000;
/** How old a mark may get before it is renewed: renewing it with every request would cost more than it tells. */
const RENEWED_MS = 60_000;
const MOST_MARKS = 20_000;

/** Which credentials were accepted from which addresses within the last hour; holds no credential. */
export interface AcceptedCredentials {
  has(address: string, presentedHash: string): boolean;
  add(address: string, presentedHash: string): void;
  remove(address: string, presentedHash: string): void;
  /** Marks in memory, at most 20,000: those renewed longest ago make room for new ones. */
  size(): number;
}

/** @param now milliseconds of a clock that never goes back */
export function createAcceptedCredentials(now: () => number): AcceptedCredentials {
  /** When each was last renewed. */
  const marks = createRecentMap<number>(MOST_MARKS, KNOWN_MS, now);
  const nameOf = (address: string, presentedHash: string) => `${address} ${presentedHash}`;
  return {
    has(address, presentedHash) {
      const at = marks.get(nameOf(address, presentedHash));
      return at !== undefined && now() - at < KNOWN_MS;
    },
    add(address, presentedHash) {
      const name = nameOf(address, presentedHash);
      const at = marks.get(name);
      if (at !== undefined && now() - at < RENEWED_MS) return;
      marks.set(name, now());
    },
    remove(address, presentedHash) {
      marks.delete(nameOf(address, presentedHash));
    },
    size: marks.size,
  };
}
