import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type CrashCount, compareCrashBooks } from "./crash-books.ts";
import { startCrashLoad } from "./crash-load.ts";
import type { CrashTargets } from "./crash-requests.ts";
import { detailedPicture } from "./pictures.ts";
import { postAsAdmin } from "./post-as-admin.ts";
import type { ServiceCrew } from "./service-crew.ts";

/** Where a run takes place: services with FREE_CALLS_PER_DAY=1000000, TRUST_PROXY=1 and this ADMIN_KEY. */
export interface CrashStage {
  /** Keeps what it has committed whatever ends it. */
  readonly database: { readonly url: string; crash(): Promise<void>; start(): Promise<void> };
  readonly crew: ServiceCrew;
  readonly adminKey: string;
  readonly clients: number;
  /** How often a service process is killed. */
  readonly kills: number;
  /** How often the database is stopped without a checkpoint. */
  readonly stops: number;
  tell(what: string): void;
}

export interface CrashResult {
  readonly counts: Readonly<Record<string, CrashCount>>;
  /** Of every start after a kill, until the service was ready. */
  readonly readyMs: readonly number[];
  /** Units, claims and keys that dead processes had left behind when all was over, before their leases ended. */
  readonly left: Readonly<Record<"reservations" | "claims" | "running", number>>;
}

/** Acknowledged requests between two kills of one process, so that every kill meets work. */
const WORK = 8;
const SWEPT_WITHIN_MS = 30_000;
const LOOK_MS = 50;

/**
 * Kills processes and stops the database while clients go on, and then compares what they were told with what is stored.
 * @throws AssertionError naming rows
 */
export async function runCrashes(stage: CrashStage): Promise<CrashResult> {
  const { crew, database, tell } = stage;
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  pool.on("error", () => {});
  const targets = await prepare(stage);
  const { rows } = await pool.query<{ before: number }>("select count(*)::int as before from sighting");
  const load = startCrashLoad(crew.ports, stage.clients, targets, 1);
  const readyMs: number[] = [];
  let killed = 0;
  let stopped = 0;

  async function killAgainAndAgain(index: number): Promise<void> {
    for (;;) {
      await load.progress(WORK);
      if (killed >= stage.kills) return;
      killed++;
      readyMs.push(await crew.restart(index, "SIGKILL"));
      if (killed % 10 === 0) tell(`${killed} of ${stage.kills} kills, ${stopped} of ${stage.stops} stops`);
    }
  }

  async function stopAgainAndAgain(): Promise<void> {
    for (; stopped < stage.stops; stopped++) {
      while (killed < (stopped * stage.kills) / stage.stops) await delay(LOOK_MS);
      await load.progress(WORK);
      await database.crash();
      await database.start();
    }
  }

  try {
    await Promise.all([...crew.ports.map((_, index) => killAgainAndAgain(index)), stopAgainAndAgain()]);
    await load.progress(WORK);
  } finally {
    await load.stop();
  }
  tell(`${load.sent.length} requests were sent, ${load.acknowledged()} acknowledged`);
  // Whoever still owns a reservation or a claim after this is dead.
  await Promise.all(crew.ports.map((_, index) => crew.restart(index, "SIGKILL")));
  const left = await endLeases(pool);
  await load.finish();
  await crew.restart(0, "SIGTERM");
  await untilSwept(pool);
  const counts = await compareCrashBooks(pool, load.sent, rows[0]?.before ?? 0);
  await pool.end();
  return { counts, readyMs, left };
}

/** Makes the leases of dead processes end now and not in minutes; gives how many there were. */
async function endLeases(pool: pg.Pool): Promise<CrashResult["left"]> {
  const reservations = await pool.query("update quota_reservation set expires_at = now() - interval '1 second'");
  const claims = await pool.query("update image_claim set expires_at = now() - interval '1 second'");
  const running = await pool.query(
    "update idempotent_request set lease_until = now() - interval '1 second' where status is null",
  );
  return {
    reservations: reservations.rowCount ?? 0,
    claims: claims.rowCount ?? 0,
    running: running.rowCount ?? 0,
  };
}

/** Waits for a service's housekeeping, which every start begins with. */
async function untilSwept(pool: pg.Pool): Promise<void> {
  for (const giveUpAt = performance.now() + SWEPT_WITHIN_MS; ; await delay(LOOK_MS)) {
    const { rows } = await pool.query<{ left: number }>(
      "select ((select count(*) from quota_reservation) + (select count(*) from image_claim))::int as left",
    );
    if (rows[0]?.left === 0) return;
    assert.ok(performance.now() < giveUpAt, `${rows[0]?.left} reservations and claims of dead processes are left`);
  }
}

async function prepare(stage: CrashStage): Promise<CrashTargets> {
  async function post(path: string, body: unknown): Promise<{ id: string; key: string }> {
    const response = await postAsAdmin(stage.crew.ports[0] ?? 0, stage.adminKey, path, body);
    return (await response.json()) as { id: string; key: string };
  }
  await post("/v1/lists", { name: "banned" });
  const quota = { limit: 1_000_000, period: "month" };
  const payers = [];
  for (const name of ["one", "two"]) payers.push(await post("/v1/keys", { name, scopes: ["check"], quota }));
  const changed = await post("/v1/keys", { name: "changed", scopes: ["check"] });
  const pictures = await Promise.all([901, 902, 903, 904].map((seed) => detailedPicture(seed, 96, 72)));
  for (const picture of pictures) await post("/v1/images/check?classify=never", picture);
  return {
    adminKey: stage.adminKey,
    keys: new Map(payers.map(({ id, key }) => [id, key])),
    changedKeyId: changed.id,
    list: "banned",
    pictures,
  };
}
