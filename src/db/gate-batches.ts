import { AppError } from "../errors.ts";
import type { ExactKind } from "../fingerprint/fingerprint.ts";
import type { ChangeFollower } from "./change-follower.ts";
import type { Database } from "./client.ts";
import { type GateLookUp, gateLookUp } from "./gate-look-up.ts";
import type { QuotaCaller } from "./quota-state.ts";

/** Statements of one kind and caller that may be under way at once; what comes meanwhile goes together in the next. */
const UNDER_WAY_MAX = 2;
/** Values in one statement. */
const VALUES_MAX = 2000;

interface Waiting {
  readonly values: readonly string[];
  /** Of those that go out at once undefined: their statement's own limits hold. */
  readonly timer?: NodeJS.Timeout;
  resolve(found: GateLookUp): void;
  reject(error: unknown): void;
}

interface Lane {
  underWay: number;
  waiting: Waiting[];
}

/** Looks exact digests up as `gateLookUp` does, for many callers at once. */
export interface GateBatches {
  lookUp(kind: ExactKind, values: readonly string[], caller: QuotaCaller): Promise<GateLookUp>;
}

/**
 * Shares statements between look-ups that wait at the same moment: a lone one goes out at once, under load one round trip
 * answers many. Every statement starts after the look-ups it answers have come in, so none is told anything older than if
 * it had gone alone. One that waits and its statement together have no more time than a lone one: a server that stopped
 * answering would keep it waiting for the statements before it and then for its own.
 */
export function createGateBatches(db: Database, follower: ChangeFollower): GateBatches {
  const lanes = new Map<string, Lane>();

  async function run(key: string, lane: Lane, kind: ExactKind, caller: QuotaCaller, batch: Waiting[]): Promise<void> {
    lane.underWay += 1;
    try {
      const found = await gateLookUp(
        db,
        follower,
        kind,
        batch.flatMap(({ values }) => values),
        caller,
      );
      for (const { values, timer, resolve } of batch) {
        clearTimeout(timer);
        resolve(batch.length === 1 ? found : { ...found, images: imagesOf(found, kind, values) });
      }
    } catch (error) {
      for (const { timer, reject } of batch) {
        clearTimeout(timer);
        reject(error);
      }
    }
    lane.underWay -= 1;
    if (lane.waiting.length > 0) void run(key, lane, kind, caller, takeBatch(lane));
    else if (lane.underWay === 0) lanes.delete(key);
  }

  return {
    lookUp(kind, values, caller) {
      const key = `${kind} ${"keyId" in caller ? caller.keyId : `address ${caller.address}`}`;
      const lane = lanes.get(key) ?? { underWay: 0, waiting: [] };
      lanes.set(key, lane);
      return new Promise((resolve, reject) => {
        if (lane.underWay < UNDER_WAY_MAX) return void run(key, lane, kind, caller, [{ values, resolve, reject }]);
        const timer = setTimeout(() => {
          lane.waiting = lane.waiting.filter((each) => each !== waiting);
          reject(
            new AppError("database_unavailable", "Expected an answer from the database but received none in time"),
          );
        }, db.answersWithinMs);
        const waiting = { values, timer, resolve, reject };
        lane.waiting.push(waiting);
      });
    },
  };
}

function imagesOf(found: GateLookUp, kind: ExactKind, values: readonly string[]): GateLookUp["images"] {
  return found.images.length === 0 ? [] : found.images.filter((image) => values.includes(image.digests[kind]));
}

/** The look-ups that waited longest, as many as one statement takes; at least one. */
function takeBatch(lane: Lane): Waiting[] {
  let values = 0;
  const end = lane.waiting.findIndex((each, index) => {
    values += each.values.length;
    return index > 0 && values > VALUES_MAX;
  });
  return lane.waiting.splice(0, end === -1 ? lane.waiting.length : end);
}
