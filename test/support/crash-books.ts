import assert from "node:assert/strict";
import type pg from "pg";
import type { CrashKind, Sent } from "./crash-requests.ts";

/** How many of one kind were acknowledged, how many may have been done besides, and how many are stored. */
export interface CrashCount {
  readonly acknowledged: number;
  readonly inFlight: number;
  readonly stored: number;
}

/** Rows that must not be there, each query giving what it names. */
const ORPHANS: Readonly<Record<string, string>> = {
  "images without a sighting": "select id from image where not exists (select from sighting where image_id = image.id)",
  "images seen another number of times than there are sightings": `select id from image
    where times_seen <> (select count(*) from sighting where image_id = image.id)`,
  "images with detail that are not searched": `select id from image where detail = 'sufficient' and
    (not exists (select from image_pdq where image_id = image.id and variant = 0)
      or not exists (select from image_blockhash where image_id = image.id and variant = 0))`,
  "bits of no image": `select image_id from image_pdq where not exists (select from image where id = image_id)
    union all select image_id from image_blockhash where not exists (select from image where id = image_id)`,
  "entries by picture that are not searched": `select id from entry where source = 'image' and detail = 'sufficient' and
    (not exists (select from entry_pdq where entry_id = entry.id and variant = 0)
      or not exists (select from entry_blockhash where entry_id = entry.id and variant = 0))`,
  "bits of no entry": `select entry_id from entry_pdq where not exists (select from entry where id = entry_id)
    union all select entry_id from entry_blockhash where not exists (select from entry where id = entry_id)`,
  "lifted entries without one audit row": `select id from entry where not enabled and custom_id is not null and 1 <>
    (select count(*) from audit where action = 'entry.lift' and details->>'list' = 'banned'
      and subject = (select subject from audit as made where made.action = 'entry.create' and made.details->>'custom_id' = entry.custom_id))`,
  "keys whose units don't add up": `select id from api_key where quota_limit is not null and (
    used <> (select coalesce(sum(units), 0) from sighting where key_id = api_key.id)
    or used <> (select coalesce(sum(units), 0) from key_usage where key_id = api_key.id))`,
  "units of addresses that don't add up": `select 1 where (select coalesce(sum(used), 0) from free_allowance)
    <> (select coalesce(sum(units), 0) from sighting where key_id is null)`,
  "reservations that nobody settles": "select id from quota_reservation",
  "claims that nobody ends": "select encode(sha256, 'hex') from image_claim",
  "idempotent requests that nobody answers": "select key from idempotent_request where status is null",
};

/** What a row says it was made by. */
const STORED: Readonly<Record<string, string>> = {
  entries: "select custom_id as mark from entry where custom_id is not null",
  "audit of entries": "select details->>'custom_id' as mark from audit where action = 'entry.create'",
  lifts: "select subject as mark from audit where action = 'entry.lift'",
  "audit of lists": "select details->>'description' as mark from audit where action = 'list.update'",
  keys: "select name as mark from api_key where name like 'make key %'",
  "audit of keys":
    "select details->>'name' as mark from audit where action = 'key.create' and details->>'name' like 'make key %'",
  "audit of changed keys": "select details->>'name' as mark from audit where action = 'key.update'",
};

const MADE_BY: Readonly<Record<string, readonly CrashKind[]>> = {
  entries: ["ban", "ban by hash"],
  "audit of entries": ["ban", "ban by hash"],
  lifts: ["lift"],
  "audit of lists": ["change list"],
  keys: ["make key"],
  "audit of keys": ["make key"],
  "audit of changed keys": ["change key"],
};

/**
 * Compares what clients were told with what is stored: everything acknowledged is there, nothing is there that nobody sent,
 * nothing twice, and no row without those that belong to it.
 * @param before sightings that were there before the clients began
 * @throws AssertionError naming rows
 */
export async function compareCrashBooks(
  pool: pg.Pool,
  sent: readonly Sent[],
  before: number,
): Promise<Record<string, CrashCount>> {
  const counts: Record<string, CrashCount> = {};
  for (const [what, query] of Object.entries(STORED)) {
    const { rows } = await pool.query<{ mark: string }>(query);
    const made = sent.filter(({ kind }) => MADE_BY[what]?.includes(kind));
    counts[what] = compareMarks(
      what,
      made,
      rows.map(({ mark }) => mark),
    );
  }
  counts["checks"] = await compareChecks(pool, sent, before);
  counts["units"] = await compareUnits(pool, sent);
  for (const [what, query] of Object.entries(ORPHANS)) {
    const { rows } = await pool.query(query);
    assert.deepEqual(rows.slice(0, 5), [], `${what}: ${rows.length}`);
  }
  return counts;
}

function compareMarks(what: string, made: readonly Sent[], stored: readonly string[]): CrashCount {
  const there = new Set(stored);
  assert.equal(there.size, stored.length, `${what}: nothing is stored twice`);
  const acknowledged = made.filter(({ state }) => state === "acknowledged");
  const lost = acknowledged.filter(({ mark }) => !there.has(mark));
  assert.deepEqual(lost.slice(0, 5), [], `${what}: ${lost.length} acknowledged and not stored`);
  const possible = new Set(made.filter(({ state }) => state !== "refused").map(({ mark }) => mark));
  const unsent = stored.filter((mark) => !possible.has(mark));
  assert.deepEqual(unsent.slice(0, 5), [], `${what}: ${unsent.length} stored that nobody sent`);
  return { acknowledged: acknowledged.length, inFlight: possible.size - acknowledged.length, stored: stored.length };
}

const isCheck = ({ kind }: Sent) => kind.startsWith("check ");

async function compareChecks(pool: pg.Pool, sent: readonly Sent[], before: number): Promise<CrashCount> {
  const { rows } = await pool.query<{ id: string }>("select id from sighting");
  const there = new Set(rows.map(({ id }) => id));
  const checks = sent.filter(isCheck);
  const acknowledged = checks.filter(({ state }) => state === "acknowledged");
  const lost = acknowledged.filter(({ body }) => !there.has((JSON.parse(body) as { id: string }).id));
  assert.deepEqual(lost.slice(0, 5), [], `checks: ${lost.length} acknowledged and not stored`);
  const stored = rows.length - before;
  // A check that is repeated until it is answered may have been stored before, its answer lost.
  const repeated = acknowledged.filter(({ kind, attempts }) => kind === "check once" && attempts > 1);
  const inFlight =
    checks.filter(({ state }) => state === "open").length + sum(repeated.map(({ attempts }) => attempts - 1));
  assert.ok(
    stored <= acknowledged.length + inFlight,
    `checks: ${stored} stored, ${acknowledged.length} + ${inFlight} sent`,
  );
  return { acknowledged: acknowledged.length, inFlight, stored };
}

/** By payer: an API key's id, or an address. */
async function compareUnits(pool: pg.Pool, sent: readonly Sent[]): Promise<CrashCount> {
  const { rows } = await pool.query<{ payer: string; used: string }>(
    "select id as payer, used from api_key where quota_limit is not null union all select address, used from free_allowance",
  );
  const used = new Map(rows.map(({ payer, used }) => [payer, Number(used)]));
  const paying = sent.filter((each) => isCheck(each) && each.kind !== "check again");
  const total = { acknowledged: 0, inFlight: 0, stored: 0 };
  const payers = new Map<string, Sent[]>();
  for (const each of paying) payers.set(each.mark, [...(payers.get(each.mark) ?? []), each]);
  for (const [payer, checks] of payers) {
    const charged = checks.filter(({ state }) => state === "acknowledged");
    for (const { body } of charged) {
      assert.equal(
        (JSON.parse(body) as { quota: { charged: number } }).quota.charged,
        1,
        `${payer}: charged by the answer`,
      );
    }
    const inFlight = checks.filter(({ state }) => state === "open").length;
    const stored = used.get(payer) ?? 0;
    assert.ok(
      charged.length <= stored && stored <= charged.length + inFlight,
      `${payer}: ${charged.length} acknowledged, ${inFlight} in flight, ${stored} used`,
    );
    total.acknowledged += charged.length;
    total.inFlight += inFlight;
    total.stored += stored;
  }
  return total;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
