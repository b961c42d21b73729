import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { refundAbandonedUnits } from "../../src/db/quota-reservations.ts";
import { FIXED_KEY_ID } from "../../src/services/authenticate.ts";
import { assertCleanError } from "./clean-error.ts";
import { type Fault, isOutcomeLost } from "./faulty-postgres.ts";
import type { Asked, FaultyRequest } from "./faulty-requests.ts";
import { type FaultyService, MOST_CONNECTIONS } from "./faulty-service.ts";

/** Ms from the fault to the answer. */
export const ANSWERED_WITHIN_MS = 3_000;
const SETTLED_WITHIN_MS = 15_000;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A request's answer while the database is well. */
export interface Usual {
  readonly status: number;
  /** The parts of the answer that are the same each time. */
  readonly shape: string;
  readonly statements: number;
}

/** What became of a request one statement of which failed. */
export interface FaultOutcome {
  /** `unreached`: it has fewer statements; `answered`: that one wasn't needed for the answer. */
  readonly outcome: "unreached" | "refused" | "answered";
  /** Ms from the fault to the answer. */
  readonly tookMs: number;
}

let words = 0;
const nextWord = () => `w${(words++).toString(36)}-${process.pid.toString(36)}`;

/** Asks without any fault. */
export async function askAsUsual(on: FaultyService, request: FaultyRequest): Promise<Usual> {
  const word = nextWord();
  const asked = await request.prepare(on, word);
  await settled(on);
  forgetKeys(on);
  on.proxy.arm("hang", Number.MAX_SAFE_INTEGER);
  const answer = await send(on, asked);
  const statements = on.proxy.statements();
  on.proxy.heal();
  assert.ok(answer.status < 300, `${request.name}: ${answer.status} ${answer.text}`);
  return { status: answer.status, shape: shapeOf(request, answer, word), statements };
}

/**
 * Asks while the nth statement meets the fault, and once more when the database is well again.
 * @throws AssertionError where an answer, the accounts or the connections are not as promised
 */
export async function askWithFault(
  on: FaultyService,
  request: FaultyRequest,
  usual: Usual,
  fault: Fault,
  nth: number,
): Promise<FaultOutcome> {
  const word = nextWord();
  const asked = await request.prepare(on, word);
  await settled(on);
  const before = await readAccounts(on);
  forgetKeys(on);
  on.proxy.arm(fault, nth);
  const first = await send(on, asked);
  const answeredAt = performance.now();
  const metAt = on.proxy.metAt();
  on.proxy.heal();
  const tookMs = metAt === null ? 0 : answeredAt - metAt;
  const refused = judge(request, usual, word, first);
  if (metAt === null) assert.ok(!refused, `refused without a fault: ${first.text}`);
  assert.ok(tookMs <= ANSWERED_WITHIN_MS, `answered after ${Math.round(tookMs)} ms`);

  await settled(on);
  const repeatable = asked.headers?.["Idempotency-Key"] !== undefined;
  if (refused || repeatable) {
    const second = await send(on, asked);
    if (!refused) assert.equal(second.headers.get("idempotent-replayed"), "true", "the same request is replayed");
    const late = isOutcomeLost(fault) && (request.afterLost ?? []).includes(second.status);
    if (!late) {
      assert.equal(second.status, usual.status, `asked again: ${second.text}`);
      const shape = shapeOf(request, second, word);
      if (isOutcomeLost(fault)) assert.equal(verdictOf(shape), verdictOf(usual.shape), `asked again: ${second.text}`);
      else assert.equal(shape, usual.shape, "asked again");
    }
  }
  await settled(on);
  await assertAccounts(on, before, isOutcomeLost(fault) ? null : (request.costs ?? 0));
  return { outcome: metAt === null ? "unreached" : refused ? "refused" : "answered", tookMs };
}

/** True where it was refused as it should be; false where it was answered as if nothing had happened. */
function judge(request: FaultyRequest, usual: Usual, word: string, answer: Answer): boolean {
  const isVendors = request.operation === "";
  const { status } = answer;
  if (status === 503 || (isVendors && answer.text.startsWith('{"status":"ERR"'))) {
    assertCleanError(answer, answer.text);
    const { code, reason } = JSON.parse(answer.text) as { code?: string; reason?: string };
    if (isVendors) assert.equal(reason, "The service is busy, try again later");
    else assert.equal(code, "database_unavailable", answer.text);
    return true;
  }
  assert.equal(status, usual.status, answer.text);
  assert.equal(shapeOf(request, answer, word), usual.shape);
  return false;
}

async function send(on: FaultyService, { method, path, body, headers, key }: Asked): Promise<Answer> {
  const sent = new Headers({ authorization: `Bearer ${key ?? on.service.adminKey}`, ...headers });
  if (key === null) sent.set("authorization", "");
  const isJson = body !== undefined && !(body instanceof Buffer) && !(body instanceof FormData);
  if (isJson) sent.set("content-type", "application/json");
  else if (body instanceof Buffer) sent.set("content-type", "application/octet-stream");
  const response = await fetch(on.service.url + path, {
    method,
    headers: sent,
    body: isJson ? JSON.stringify(body) : ((body ?? null) as NonNullable<RequestInit["body"]> | null),
    signal: AbortSignal.timeout(30_000),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** What differs from one answer to the next though nothing is wrong. */
const CHANGING = new Set(
  "id key_id key secret created_at updated_at first_seen_at times remaining used rotated_at revoked_at near resets_at quota key_quota sha256 sha1 md5 hash bytes source_url".split(
    " ",
  ),
);

function shapeOf(request: FaultyRequest, { text }: Answer, word: string): string {
  if (request.grows || text === "") return "{}";
  const steady = (name: string, value: unknown) => {
    if (name === "quota" && typeof value === "object" && value !== null && "charged" in value) {
      return (value as { charged: number }).charged;
    }
    return CHANGING.has(name) ? undefined : value;
  };
  return JSON.stringify(JSON.parse(text), steady).replaceAll(word, "WORD");
}

function verdictOf(shape: string): unknown {
  return (JSON.parse(shape) as { verdict?: unknown }).verdict;
}

/** Keys are asked for anew, so that authentication is among what fails. */
function forgetKeys({ service, app }: FaultyService): void {
  for (const id of [app.id, FIXED_KEY_ID]) service.context.keyCache.forget(id);
}

/** Resolves when nothing that failed is left, and the connections are back where they were. */
async function settled(on: FaultyService): Promise<void> {
  const { leftovers, db } = on.service.context;
  const look = async () => {
    const { rows } = await on.database.database.pool.query<{ connections: number; open: number }>(
      `select count(*)::int as connections, count(*) filter (where state like 'idle in transaction%')::int as open
        from pg_stat_activity where application_name = 'lookalike' and datname = current_database()`,
    );
    const { connections = 0, open = 0 } = rows[0] ?? {};
    const busy = [db.pool, db.searchPool].reduce((sum, pool) => sum + pool.totalCount - pool.idleCount, 0);
    const waiting = db.pool.waitingCount + db.searchPool.waitingCount;
    return { left: leftovers.count(), busy, waiting, open, tooMany: Math.max(0, connections - MOST_CONNECTIONS) };
  };
  const deadline = performance.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const state = await look();
    if (Object.values(state).every((value) => value === 0)) return;
    assert.ok(performance.now() < deadline, `not at rest after ${SETTLED_WITHIN_MS} ms: ${JSON.stringify(state)}`);
    await delay(20);
  }
}

interface Accounts {
  readonly used: number;
  readonly sold: number;
  readonly reserved: number;
  /** Claims on images, and requests with an Idempotency-Key that are neither answered nor given back. */
  readonly claims: number;
}

async function readAccounts({ database }: FaultyService): Promise<Accounts> {
  const { rows } = await database.database.pool.query<Accounts>(
    `select ((select coalesce(sum(used), 0) from api_key) + (select coalesce(sum(used), 0) from free_allowance))::int as used,
      (select coalesce(sum(units), 0)::int from sighting) as sold,
      (select coalesce(sum(units), 0)::int from quota_reservation) as reserved,
      ((select count(*) from image_claim) + (select count(*) from idempotent_request where status is null))::int as claims`,
  );
  const [accounts] = rows;
  assert.ok(accounts !== undefined);
  return accounts;
}

/** @param costs units the request costs, once; null where it can't be known how often it was carried out */
async function assertAccounts(on: FaultyService, before: Accounts, costs: number | null): Promise<void> {
  const after = await readAccounts(on);
  const text = JSON.stringify({ before, after });
  assert.equal(after.used, after.sold + after.reserved, `used is what was sold and what is reserved: ${text}`);
  assert.equal(after.claims, 0, `no claim is left: ${text}`);
  if (costs !== null) {
    assert.equal(after.reserved, 0, `nothing stays reserved: ${text}`);
    assert.equal(after.sold - before.sold, costs, `it costs what it costs, once: ${text}`);
    return;
  }
  // A reservation whose answer was lost comes back with its lease.
  const { pool } = on.database.database;
  await pool.query("update quota_reservation set expires_at = now() - interval '1 second'");
  await refundAbandonedUnits({ pool });
  const refunded = await readAccounts(on);
  assert.equal(refunded.used, refunded.sold, `what was reserved comes back: ${JSON.stringify(refunded)}`);
}
