import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { assertCleanError } from "./clean-error.ts";
import { type IdempotencyCase, type IdempotencyKind, isReplayed, makeCases } from "./idempotency-cases.ts";
import { postAsAdmin } from "./post-as-admin.ts";
import { readQuotaBooks } from "./quota-books.ts";
import { openRawConnection, type RawAnswer, type RawConnection, sendTogether } from "./raw-connection.ts";
import type { ServiceCrew } from "./service-crew.ts";

/** Where a run takes place: services with FREE_CALLS_PER_DAY=100000, TRUST_PROXY=1 and this ADMIN_KEY. */
export interface IdempotencyStage {
  readonly pool: pg.Pool;
  readonly crew: ServiceCrew;
  readonly adminKey: string;
  /** A PNG of a few pixels that none of the services knows. */
  readonly image: Buffer;
  readonly keys: number;
  /** How many of the keys are sent at the same time. */
  readonly lanes: number;
  tell(what: string): void;
}

export interface IdempotencyResult {
  readonly cases: Readonly<Record<IdempotencyKind, number>>;
  /** Answers 503, or 409 because the first request was running, after which the same was sent again. */
  readonly busy: number;
}

const DUPLICATES = 8;
const BUSY_PAUSE_MS = 100;
const ADDRESSES = ["198.51.100.1", "198.51.100.2"] as const;
const LIST = "banned";

/**
 * Sends each request eight times at once, kills every process, and sends it once more, changed, and as another caller.
 * @throws AssertionError naming the case or the count that is not as it should be
 */
export async function runIdempotency(stage: IdempotencyStage): Promise<IdempotencyResult> {
  const { pool, crew, tell } = stage;
  let busy = 0;
  const [one, two] = [await makeKey(stage, "one"), await makeKey(stage, "two")];
  await prepare(stage);
  const callers = { keys: [one.key, two.key], addresses: ADDRESSES } as const;
  const cases = makeCases(stage.keys, callers, stage.image, LIST);
  const lanes = Array.from({ length: stage.lanes }, (_, lane) =>
    Array.from({ length: DUPLICATES }, (_, index) =>
      openRawConnection(crew.ports[(lane + index) % crew.ports.length] ?? 0),
    ),
  );
  const before = await readQuotaBooks(pool, { address: ADDRESSES[0] });

  async function inLanes(what: string, work: (lane: RawConnection[], index: number) => Promise<void>): Promise<void> {
    let next = 0;
    await Promise.all(
      lanes.map(async (lane) => {
        for (let index = next++; index < cases.length; index = next++) {
          await work(lane, index);
          if ((index + 1) % 100 === 0) tell(`${what}: ${index + 1} of ${cases.length}`);
        }
      }),
    );
  }

  /** Sends these together; those who are told to try again do, until none is. */
  async function ask(lane: RawConnection[], requests: readonly Buffer[]): Promise<RawAnswer[]> {
    const answers: RawAnswer[] = [];
    for (let open = requests.map((_, index) => index); open.length > 0; ) {
      const sendings = open.map((index) => ({
        connection: lane[index] as RawConnection,
        request: requests[index] as Buffer,
      }));
      const settled = await sendTogether(sendings);
      const again: number[] = [];
      settled.forEach((outcome, at) => {
        if (outcome.status === "rejected") throw outcome.reason;
        if (outcome.value.status >= 400) assertCleanError(outcome.value, outcome.value.body);
        if (saysTryAgain(outcome.value)) again.push(open[at] ?? 0);
        else answers[open[at] ?? 0] = outcome.value;
      });
      busy += again.length;
      if (again.length > 0) await delay(BUSY_PAUSE_MS);
      open = again;
    }
    return answers;
  }

  const first: string[] = [];
  await inLanes("eight at once", async (lane, index) => {
    const { kind, request } = cases[index] as IdempotencyCase;
    const answers = await ask(lane, Array<Buffer>(DUPLICATES).fill(request));
    for (const { status, body } of answers) {
      assert.deepEqual([status, body], [kind === "ban" || kind === "new key" ? 201 : 200, answers[0]?.body], kind);
    }
    assert.equal(answers.filter(isReplayed).length, DUPLICATES - 1, `${kind} ${index}: one answer is no replay`);
    first[index] = answers[0]?.body ?? "";
  });
  const counts = countKinds(cases);
  async function compareBooks(when: string): Promise<void> {
    const keyed = await readQuotaBooks(pool, { keyId: one.id });
    const units = counts["check by key"];
    assert.deepEqual(keyed, { used: units, sighted: units, counted: units, reserved: 0 }, when);
    assert.equal((await readQuotaBooks(pool, { address: ADDRESSES[0] })).used, counts["check by address"], when);
    assert.deepEqual(await readMade(pool), { entries: counts.ban, bans: counts.ban, running: 0 }, when);
  }
  await compareBooks("after eight at once");
  const paid = await readQuotaBooks(pool, { address: ADDRESSES[0] });
  assert.equal(paid.sighted - before.sighted, counts["check by address"], "checks by address that are stored");
  assert.equal(await countMadeKeys(pool, one.id), counts["new key"], "keys that were made");

  tell("every process is killed and started again");
  await Promise.all(crew.ports.map((_, index) => crew.restart(index, "SIGKILL")));
  await inLanes("once more, changed, by another", async (lane, index) => {
    const { kind, request, changed, foreign } = cases[index] as IdempotencyCase;
    const [again] = await ask(lane, [request]);
    assert.deepEqual([again?.body, isReplayed(again as RawAnswer)], [first[index], true], `${kind} ${index}, repeated`);
    const [refused] = await ask(lane, [changed]);
    const { code } = JSON.parse(refused?.body ?? "") as { code: string };
    assert.deepEqual([refused?.status, code], [422, "idempotency_key_reused"], `${kind} ${index}, changed`);
    const [other] = await ask(lane, [foreign]);
    // A ban of the same picture gives the same entry, and says by its status that it was there.
    assert.equal(other?.status, kind === "new key" ? 201 : 200, `${kind} ${index}, by another`);
    assert.ok(!isReplayed(other as RawAnswer), `${kind} ${index}, by another`);
    if (kind !== "ban") assert.notEqual(idIn(other?.body), idIn(first[index]), `${kind} ${index}, by another`);
  });
  await compareBooks("after the restart");
  assert.equal(await countMadeKeys(pool, one.id), counts["new key"], "keys that were made, after the restart");
  assert.equal(await countMadeKeys(pool, two.id), counts["new key"], "keys that the other caller made");
  for (const connection of lanes.flat()) connection.close();
  return { cases: counts, busy };
}

function saysTryAgain({ status, body }: RawAnswer): boolean {
  return status === 503 || (status === 409 && body.includes('"idempotency_in_progress"'));
}

function idIn(body: string | undefined): unknown {
  return (JSON.parse(body ?? "{}") as { id?: unknown }).id;
}

function countKinds(cases: readonly IdempotencyCase[]): Record<IdempotencyKind, number> {
  const counts = { "check by key": 0, "check by address": 0, ban: 0, "new key": 0 };
  for (const { kind } of cases) counts[kind]++;
  return counts;
}

async function post(stage: IdempotencyStage, path: string, body: unknown): Promise<Response> {
  return await postAsAdmin(stage.crew.ports[0] ?? 0, stage.adminKey, path, body);
}

async function makeKey(stage: IdempotencyStage, name: string): Promise<{ id: string; key: string }> {
  const quota = { limit: 1_000_000, period: "month" };
  return (await (await post(stage, "/v1/keys", { name, scopes: ["admin"], quota })).json()) as {
    id: string;
    key: string;
  };
}

/** The list to ban in, and the image that the addresses repeat. */
async function prepare(stage: IdempotencyStage): Promise<void> {
  await (await post(stage, "/v1/lists", { name: LIST })).text();
  await (await post(stage, "/v1/images/check?classify=never", stage.image)).text();
}

async function readMade(pool: pg.Pool): Promise<Record<"entries" | "bans" | "running", number>> {
  const { rows } = await pool.query(
    `select (select count(*) from entry)::int as entries, (select count(*) from audit where action = 'entry.create')::int as bans,
      (select count(*) from idempotent_request where status is null)::int as running`,
  );
  return rows[0];
}

/** Keys of the cases that one caller made, each with its audit row. */
async function countMadeKeys(pool: pg.Pool, makerId: string): Promise<number> {
  const { rows } = await pool.query(
    `select count(*)::int as made from api_key join audit on audit.subject = api_key.id and audit.action = 'key.create'
      where api_key.name like 'made once %' and audit.actor = $1`,
    [makerId],
  );
  return rows[0].made;
}
