// What a check of a name pays to know that the patterns it remembers are still those in force: reading the versions that are
// written with each change, beside reading every entry, on the same lists and in turns. And whole checks over HTTP against
// 10,000 patterns beside those against 10, so that nothing else grows with them.
//   npx tsx bench/names.ts
import { readNameLists } from "../src/db/name-patterns.ts";
import { drive, median, rawRequest, until } from "./http/load.ts";
import { BENCH_KEY, startDatabase, startLookalike } from "./http/servers.ts";

const SIZES = [10, 10_000];
const ROUNDS = 10;
/** Statements of one kind in a row: the one behind a large one would pay for it. */
const TURN = 20;
const CHECK_ROUNDS = 5;
const CHECKS_MS = 2000;

const EVERY_ENTRY = `select list.id, list.name, list.action,
    (select count(*) || ' ' || coalesce(sum(hashint8extended(id, xmin::text::bigint)), 0) from entry
     where list_id = list.id and enabled and (expires_at is null or expires_at > now())) as version
  from list where list.kind = 'names' and list.enabled and list.deleted_at is null and list.id = any ($1::bigint[])`;

const bench = await startDatabase();
const { pool } = bench.database;
const lists = new Map<number, bigint>();
for (const size of SIZES) {
  const { rows } = await pool.query<{ id: string }>(
    `insert into list (name, kind, action, pdq_threshold, blockhash_threshold)
     values ($1, 'names', 'block', 1, 1) returning id`,
    [`names-${size}`],
  );
  const id = rows[0]?.id ?? "";
  await pool.query(
    `insert into entry (list_id, identity, source, detail, created_by, pattern, pattern_syntax)
     select $1::bigint, sha256(text::bytea), 'pattern', 'insufficient', 'bench', text, 'substring'
     from (select 'spam bot no ' || number as text from generate_series(1, $2::int) as number) as given`,
    [id, size],
  );
  lists.set(size, BigInt(id));
}
await pool.query("vacuum analyze entry");

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}

for (const [size, id] of lists) {
  const times = { entries: [] as number[], version: [] as number[] };
  for (let round = -1; round < ROUNDS; round++) {
    for (const [what, read] of [
      ["entries", () => pool.query({ name: "every_entry", text: EVERY_ENTRY, values: [[String(id)]] })],
      ["version", () => readNameLists(bench.database, [id])],
    ] as const) {
      for (let again = 0; again < TURN; again++) {
        const spentMs = await timed(read);
        if (round >= 0) times[what].push(spentMs);
      }
    }
  }
  const [entries, version] = [median(times.entries), median(times.version)];
  console.log(
    `${size} patterns: every entry ${entries.toFixed(2)} ms, version ${version.toFixed(2)} ms, ratio ${(entries / version).toFixed(1)}`,
  );
}

const ours = await startLookalike(bench);
const rates = new Map(SIZES.map((size) => [size, [] as number[]]));
for (let round = -1; round < CHECK_ROUNDS; round++) {
  for (const [size, measured] of rates) {
    const body = Buffer.from(JSON.stringify({ name: "Mary Smith 1975", lists: [`names-${size}`] }));
    const headers = { Authorization: `Bearer ${BENCH_KEY}`, "Content-Type": "application/json" };
    const request = () => rawRequest("POST", "/v1/profiles/check", headers, body);
    const times = await drive(ours.port, 8, until({ milliseconds: CHECKS_MS }, request));
    if (round >= 0) measured.push((times.length / CHECKS_MS) * 1000);
  }
}
const [few, many] = SIZES.map((size) => median(rates.get(size) ?? []));
console.log(
  `checks a second: ${few?.toFixed(0)} against ${SIZES[0]} patterns, ${many?.toFixed(0)} against ${SIZES[1]}, ratio ${((many ?? 0) / (few ?? 1)).toFixed(2)}`,
);
await ours.stop();
await bench.close();
