export interface ImageLeaseLimits {
  readonly maxCount: number;
  readonly maxBytes: number;
  readonly holdMs: number;
}

/** What one worker keeps for later classify jobs, as the parent knows it. */
export interface ImageLeases {
  readonly count: number;
  add(job: number, heldBytes: number): void;
  /** Stop counting an image that a classify is about to use up; false where it isn't held any more. */
  take(job: number): boolean;
  /** Have the worker free an image; nothing happens where it isn't held any more. */
  drop(job: number): void;
  /** Forget everything: the worker is gone. */
  clear(): void;
}

/** Leases that end after `holdMs`, or oldest first beyond the limits; `release` is called with each one that ends. */
export function createImageLeases(limits: ImageLeaseLimits, release: (job: number) => void): ImageLeases {
  const leases = new Map<number, { heldBytes: number; timer: NodeJS.Timeout }>();
  let bytes = 0;

  function take(job: number): boolean {
    const lease = leases.get(job);
    if (lease === undefined) return false;
    clearTimeout(lease.timer);
    leases.delete(job);
    bytes -= lease.heldBytes;
    return true;
  }

  function drop(job: number): void {
    if (take(job)) release(job);
  }

  return {
    get count() {
      return leases.size;
    },
    add(job, heldBytes) {
      leases.set(job, { heldBytes, timer: setTimeout(drop, limits.holdMs, job).unref() });
      bytes += heldBytes;
      for (const oldest of leases.keys()) {
        if (leases.size <= limits.maxCount && bytes <= limits.maxBytes) break;
        drop(oldest);
      }
    },
    take,
    drop,
    clear() {
      for (const job of [...leases.keys()]) take(job);
    },
  };
}
