import { AppError } from "../errors.ts";
import { createAcceptedCredentials } from "./accepted-credentials.ts";
import { createRecentMap } from "./recent-map.ts";

const MINUTE_MS = 60_000;
const MOST_ADDRESSES = 50_000;
/** Attempts of one address that may wait for others of it to end. */
const MOST_WAITING = 1_000;

interface Waiter {
  begin(): void;
  refuse(reason: unknown): void;
}

/** The attempts of one address: a token bucket, kept as what is gone from it. */
interface Attempts {
  /** Failures that are not made up for yet, as of `atMs`; fractions too. */
  failures: number;
  atMs: number;
  underWay: number;
  readonly waiting: Waiter[];
}

/** Slows the guessing of credentials, for each client address on its own. */
export interface CredentialThrottle {
  /**
   * Runs an attempt to authenticate. One that fails with `credentials_invalid` counts against its address; `perMinute`
   * failures may come at once, and are made up for at that rate. An attempt counts from its start, so that many at once
   * get no further than one after another: those beyond what the address has left wait until others have ended well.
   *
   * A credential that was accepted from this address within the last hour is attempted whatever others fail there: who
   * shares an address with a guesser is not locked out, and the guesser learns nothing, because of a credential that is
   * not known there nothing is looked at while the address has no attempt left.
   * @param address what is counted by, such as `192.0.2.7` or `2001:db8:1:2::/64`
   * @throws AppError credentials_throttled without running `attempt`; whatever `attempt` throws
   */
  run<Result>(address: string, presentedHash: string, attempt: () => Promise<Result>): Promise<Result>;
  /** What is in memory, however many addresses ask. */
  size(): { readonly addresses: number; readonly accepted: number };
}

/**
 * @param perMinute failures; 0: nothing is counted and nothing refused
 * @param now milliseconds of a clock that never goes back
 */
export function createCredentialThrottle(
  perMinute: number,
  now: () => number = () => performance.now(),
): CredentialThrottle {
  const accepted = createAcceptedCredentials(now);
  /** Addresses with failures or attempts under way; a minute after the last failure it is made up for. */
  const attemptsBy = createRecentMap<Attempts>(MOST_ADDRESSES, MINUTE_MS, now);

  function open(address: string): Attempts {
    const found = attemptsBy.get(address);
    if (found !== undefined) return found;
    const attempts = { failures: 0, atMs: now(), underWay: 0, waiting: [] };
    attemptsBy.set(address, attempts);
    return attempts;
  }

  function left(attempts: Attempts): number {
    const made = ((now() - attempts.atMs) / MINUTE_MS) * perMinute;
    return perMinute - Math.max(0, attempts.failures - made);
  }

  function fail(address: string, attempts: Attempts): void {
    attempts.failures = Math.min(perMinute, perMinute - left(attempts) + 1);
    attempts.atMs = now();
    attemptsBy.set(address, attempts);
  }

  function throttled(attempts: Attempts): AppError {
    const missing = Math.max(0, 1 - left(attempts));
    return new AppError(
      "credentials_throttled",
      "Expected fewer wrong API keys from this address but received too many within a minute",
      { retryAfterSeconds: Math.max(1, Math.ceil((missing * MINUTE_MS) / perMinute / 1000)) },
    );
  }

  async function begin(attempts: Attempts): Promise<void> {
    if (left(attempts) - attempts.underWay >= 1) {
      attempts.underWay += 1;
      return;
    }
    if (left(attempts) < 1 || attempts.waiting.length >= MOST_WAITING) throw throttled(attempts);
    await new Promise<void>((resolve, reject) => attempts.waiting.push({ begin: resolve, refuse: reject }));
  }

  /** Lets those go on that there is room for, or refuses all where none is left. */
  function end(address: string, attempts: Attempts): void {
    attempts.underWay -= 1;
    if (left(attempts) < 1) refuseWaiting(attempts, throttled(attempts));
    while (attempts.waiting.length > 0 && left(attempts) - attempts.underWay >= 1) {
      attempts.underWay += 1;
      attempts.waiting.shift()?.begin();
    }
    if (attempts.underWay === 0 && left(attempts) >= perMinute) attemptsBy.delete(address);
  }

  function refuseWaiting(attempts: Attempts, reason: unknown): void {
    for (const waiter of attempts.waiting.splice(0)) waiter.refuse(reason);
  }

  async function runKnown<Result>(address: string, hash: string, attempt: () => Promise<Result>): Promise<Result> {
    try {
      const result = await attempt();
      accepted.add(address, hash);
      return result;
    } catch (error) {
      if (isRefusal(error)) {
        accepted.remove(address, hash);
        fail(address, open(address));
      }
      throw error;
    }
  }

  async function runNew<Result>(address: string, hash: string, attempt: () => Promise<Result>): Promise<Result> {
    const attempts = open(address);
    await begin(attempts);
    try {
      const result = await attempt();
      accepted.add(address, hash);
      return result;
    } catch (error) {
      if (isRefusal(error)) fail(address, attempts);
      // What keeps one from being answered, such as a database that is away, keeps the others too.
      else refuseWaiting(attempts, error);
      throw error;
    } finally {
      end(address, attempts);
    }
  }

  return {
    run(address, presentedHash, attempt) {
      if (perMinute === 0) return attempt();
      const run = accepted.has(address, presentedHash) ? runKnown : runNew;
      return run(address, presentedHash, attempt);
    },
    size: () => ({ addresses: attemptsBy.size(), accepted: accepted.size() }),
  };
}

function isRefusal(error: unknown): boolean {
  return error instanceof AppError && error.code === "credentials_invalid";
}
