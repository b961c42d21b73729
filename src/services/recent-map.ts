/** A map that forgets what was not written to for long, and what was written longest ago where there is too much. */
export interface RecentMap<Value> {
  get(name: string): Value | undefined;
  set(name: string, value: Value): void;
  delete(name: string): void;
  size(): number;
}

/**
 * Keeps two generations and drops the older one whole, at a constant cost: taking the oldest entries out of a Map one by one
 * takes the longer the more were taken before.
 * @param most entries in all; half of them may go at once where it is reached
 * @param keptMs how long an entry stays at least while there is room, in milliseconds; at most it stays twice as long
 * @param now milliseconds of a clock that never goes back
 */
export function createRecentMap<Value>(most: number, keptMs: number, now: () => number): RecentMap<Value> {
  let recent = new Map<string, Value>();
  let earlier = new Map<string, Value>();
  let begunMs = now();

  function turn(): void {
    const ageMs = now() - begunMs;
    if (ageMs <= keptMs && recent.size < most / 2) return;
    earlier = ageMs > 2 * keptMs ? new Map() : recent;
    recent = new Map();
    begunMs = now();
  }

  return {
    get(name) {
      turn();
      return recent.get(name) ?? earlier.get(name);
    },
    set(name, value) {
      turn();
      earlier.delete(name);
      recent.set(name, value);
    },
    delete(name) {
      recent.delete(name);
      earlier.delete(name);
    },
    size: () => recent.size + earlier.size,
  };
}
