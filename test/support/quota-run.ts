import assert from "node:assert/strict";
import type pg from "pg";
import { type Payer, readQuotaBooks } from "./quota-books.ts";
import type { QuotaLoad, QuotaTally } from "./quota-load.ts";

/** Whose units are taken, by what, and whether a period ends under way. */
export interface QuotaRunKind {
  /** An address repeats one image; a key sends images that nobody sent before. */
  readonly payer: "address" | "key";
  readonly rollsOver: boolean;
}

/** Where a run takes place. */
export interface QuotaStage {
  readonly pool: pg.Pool;
  /** Of services with FREE_CALLS_PER_DAY=units, TRUST_PROXY=1 and this ADMIN_KEY. */
  readonly ports: readonly number[];
  readonly adminKey: string;
  /** A PNG of a few pixels that none of the services knows. */
  readonly image: Buffer;
  /** Of one period, or of one day's allowance. */
  readonly units: number;
  readonly requests: number;
  readonly clients: number;
  readonly burst: number;
}

/** Sends the load, in this process or another. */
export type SendQuotaLoad = (load: QuotaLoad, onTally: (tally: Counts) => void) => Promise<QuotaTally>;
export type Counts = Pick<QuotaTally, "accepted" | "refused" | "busy">;

export interface QuotaRunResult extends Counts {
  /** Units used in the period that ended under way; null where none did. */
  readonly before: number | null;
  readonly seconds: number;
}

/**
 * Sends more requests than there are units, and compares answers and books.
 * @param label different for every run on one database
 * @throws AssertionError naming the count that is not as it should be
 */
export async function runQuota(
  stage: QuotaStage,
  kind: QuotaRunKind,
  label: string,
  send: SendQuotaLoad,
): Promise<QuotaRunResult> {
  const { payer, headers } = await makePayer(stage, kind, label);
  const before = await readQuotaBooks(stage.pool, payer);
  // A key's period may end at any moment. An allowance comes back a day after the last call that it paid: once it is used up.
  const rollAfter = kind.payer === "key" ? Math.floor(stage.units / 2) : stage.units;
  let rolling: Promise<number> | null = null;
  const startMs = performance.now();
  const load = {
    ports: stage.ports,
    clients: stage.clients,
    burst: stage.burst,
    requests: stage.requests,
    headers,
    image: stage.image.toString("base64"),
    label: kind.payer === "key" ? label : null,
  };
  const tally = await send(load, ({ accepted }) => {
    if (kind.rollsOver && accepted >= rollAfter) rolling ??= endPeriod(stage.pool, payer);
  });
  const seconds = (performance.now() - startMs) / 1000;
  const usedBefore = await (rolling as Promise<number> | null);
  assert.equal(usedBefore !== null, kind.rollsOver, "the period ended under way");
  const books = await readQuotaBooks(stage.pool, payer);

  assert.deepEqual(tally.faults, []);
  const granted = stage.units + (usedBefore ?? 0);
  assert.equal(tally.accepted, granted, "accepted requests");
  assert.equal(tally.refused, stage.requests - granted, "refused requests");
  assert.deepEqual(
    { ...books, sighted: books.sighted - before.sighted },
    { used: stage.units, sighted: granted, counted: kind.payer === "key" ? granted : null, reserved: 0 },
  );
  // A request that was refused as busy after its unit was taken gives the unit back, and the next one tells the same rest.
  if (tally.busy === 0) assert.deepEqual(sorted(tally.remaining), sorted(remainders(stage.units, usedBefore)));
  return { ...tally, before: usedBefore, seconds };
}

/** What is left after each unit of a period that was used up, and of one before it of which `before` were used. */
function remainders(units: number, before: number | null): number[] {
  const whole = Array.from({ length: units }, (_, index) => units - 1 - index);
  return [...whole, ...whole.slice(0, before ?? 0)];
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((left, right) => left - right);
}

interface PayerAtWork {
  readonly payer: Payer;
  readonly headers: Readonly<Record<string, string>>;
}

async function makePayer(stage: QuotaStage, kind: QuotaRunKind, label: string): Promise<PayerAtWork> {
  const url = `http://127.0.0.1:${stage.ports[0]}`;
  const headers = { authorization: `Bearer ${stage.adminKey}` };
  if (kind.payer === "address") {
    // Known before the run, so that the run is about the units alone.
    const body = new Uint8Array(stage.image);
    const type = { ...headers, "content-type": "image/png" };
    const known = await fetch(`${url}/v1/images/check?classify=never`, { method: "POST", headers: type, body });
    assert.equal(known.status, 200, await known.text());
    const address = `2001:db8:0:${label}::/64`;
    return { payer: { address }, headers: { "X-Forwarded-For": `2001:db8:0:${label}::1` } };
  }
  const quota = { limit: stage.units, period: "day" };
  const response = await fetch(`${url}/v1/keys`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ name: `run ${label}`, scopes: ["check"], quota }),
  });
  const made = (await response.json()) as { id: string; key: string };
  assert.equal(response.status, 201, JSON.stringify(made));
  return { payer: { keyId: made.id }, headers: { Authorization: `Bearer ${made.key}` } };
}

/** Makes the payer's period one that is over, as the clock would; gives the units used in it. */
async function endPeriod(pool: pg.Pool, payer: Payer): Promise<number> {
  const { rows } =
    "keyId" in payer
      ? await pool.query(
          "update api_key set period_started_at = period_started_at - interval '1 day' where id = $1 returning used",
          [payer.keyId],
        )
      : await pool.query(
          "update free_allowance set last_costed_at = last_costed_at - interval '24 hours' where address = $1 returning used",
          [payer.address],
        );
  return Number(rows[0].used);
}
