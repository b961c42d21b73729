import type { Config, ScorePolicy } from "../config.ts";
import type { Database } from "../db/client.ts";
import type { GateBatches } from "../db/gate-batches.ts";
import type { HotMemory } from "../db/hot-memory.ts";
import type { IdempotencyClaim } from "../db/idempotent-requests.ts";
import type { QuotaCaller } from "../db/quota-state.ts";
import type { Replicas } from "../db/replicas.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";
import type { WorkerPool } from "../worker/pool.ts";
import type { ModelFacts } from "../worker/protocol.ts";
import type { CredentialThrottle } from "./credential-throttle.ts";
import type { EntryCounter } from "./entry-counter.ts";
import type { FetchShares } from "./fetch-shares.ts";
import type { KeyCache } from "./key-cache.ts";
import type { Leftovers } from "./leftovers.ts";
import type { LookUpCounts } from "./look-up-counts.ts";
import type { NameMatchers } from "./name-matchers.ts";
import type { Turns } from "./turns.ts";

export type { ModelFacts };

/** What the whole service shares; made once by createAppContext. */
export interface AppContext {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly db: Database;
  readonly gates: GateBatches;
  /** The searched rows in memory, as far as they fit. */
  readonly hotMemory: HotMemory;
  readonly replicas: Replicas;
  readonly workers: WorkerPool;
  /** Distinguishes this process from others on the same database. */
  readonly processId: string;
  readonly keyCache: KeyCache;
  readonly credentialThrottle: CredentialThrottle;
  readonly fetchShares: FetchShares;
  readonly lookUpCounts: LookUpCounts;
  readonly leftovers: Leftovers;
  readonly nameMatchers: NameMatchers;
  readonly entryCounter: EntryCounter;
  /** Of storing feedback, by the key that gives it. */
  readonly feedbackTurns: Turns;
  /** Images being decoded or classified by this process, by SHA-256; settles when the image is stored or has failed. */
  readonly imagesInWork: Map<string, Promise<void>>;
}

export const SCOPES = ["check", "lists", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** A caller with an API key. */
export interface KeyActor {
  readonly type: "key";
  readonly id: string;
  readonly scopes: readonly Scope[];
  /** The key's own thresholds, the service's where it has none. */
  readonly scorePolicy: ScorePolicy;
  /** Derived from the presented secret and never stored: seals the answers kept for this caller. */
  readonly sealingKey: Buffer;
}

/** A caller without one, known by its address (IPv4, or the /64 of IPv6). */
export interface AnonymousActor {
  readonly type: "anonymous";
  readonly address: string;
}

export type Actor = KeyActor | AnonymousActor;

/** What a service verb may know of the connection that its answer goes to. */
export interface ClientConnection {
  /** True once the caller is gone. */
  readonly destroyed: boolean;
}

/** What one request works with. */
export interface RequestContext extends AppContext {
  readonly actor: Actor;
  readonly requestId: string;
  /** The connection to the caller. */
  readonly client: ClientConnection;
  /** What a check is recorded under; only requests with an Idempotency-Key have it. */
  readonly idempotencyClaim?: IdempotencyClaim;
}

/** Whose quota a request draws on. */
export function quotaCaller(ctx: RequestContext): QuotaCaller {
  return ctx.actor.type === "key"
    ? { keyId: ctx.actor.id }
    : { address: ctx.actor.address, limit: ctx.config.freeCallsPerDay };
}

/** The thresholds a request's verdicts are made with. */
export function scorePolicy(ctx: RequestContext): ScorePolicy {
  return ctx.actor.type === "key" ? ctx.actor.scorePolicy : ctx.config.scorePolicy;
}
