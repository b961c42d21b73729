// What the chain of the audit log costs: bans a second by clients that each wait for their answer, on two databases that differ
// in one trigger: one chains its audit rows, which serialises commits, the other only numbers them from a sequence. The rounds
// alternate between the two; of interest is the ratio. On the server of DATABASE_URL, or an embedded engine with fsync on.
//   npx tsx bench/faults/audit-throughput.ts [--clients 1,4,16] [--seconds 5] [--rounds 3]
import { parseArgs } from "node:util";
import { type Database, openDatabase } from "../../src/db/client.ts";
import { insertEntry } from "../../src/db/entries.ts";
import { searchedBits } from "../../src/db/near-bits.ts";
import { quietLogger } from "../../test/support/database.ts";
import { randomHash, seededRandom } from "../../test/support/near-corpus.ts";
import { openBenchDatabase } from "../index/bench-database.ts";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "1,4,16" },
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
  },
});
const CLIENTS = values.clients.split(",").map(Number);
const MS = Number(values.seconds) * 1000;
const ROUNDS = Number(values.rounds);

const UNCHAINED = `create sequence unchained;
  create or replace function chain_audit() returns trigger language plpgsql as $$ begin
    new.seq := nextval('unchained'); new.at := clock_timestamp(); new.prev_hash := ''; new.hash := '';
    return new;
  end $$`;
const NEW_LIST = `insert into list (name, kind, action, pdq_threshold, blockhash_threshold)
  values ('bench', 'disallow', 'block', 31, 10)`;

const random = seededRandom(Date.now());

async function ban(db: Database): Promise<void> {
  const [identity, pdq, blockhash] = [randomHash(random), randomHash(random), randomHash(random)];
  const kinds = [
    ["pdq", pdq],
    ["blockhash", blockhash],
  ] as const;
  await insertEntry(
    db,
    {
      listId: 1n,
      identity,
      sha256: identity,
      pdq,
      blockhash,
      source: "hashes",
      detail: "sufficient",
      createdBy: "bench",
    },
    kinds.map(([kind, hash]) => ({ kind, variant: 0, bits: searchedBits(kind, hash) })),
    ({ id }) => ({
      actor: "bench",
      action: "entry.create",
      subject: `ent_${id}`,
      details: { list: "bench", sha256: identity },
    }),
  );
}

/** Bans a second. */
async function measure(db: Database, clients: number): Promise<number> {
  const startMs = performance.now();
  let done = 0;
  const lanes = Array.from({ length: clients }, async () => {
    while (performance.now() - startMs < MS) {
      await ban(db);
      done += 1;
    }
  });
  await Promise.all(lanes);
  return (done * 1000) / (performance.now() - startMs);
}

const median = (figures: readonly number[]) => [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;

const benches = [await openBenchDatabase(), await openBenchDatabase()] as const;
const options = { poolSize: Math.max(...CLIENTS), logger: quietLogger, applicationName: "audit bench" };
const open = async (bench: (typeof benches)[number]) => await openDatabase(bench.connection, options);
const [chained, unchained] = [await open(benches[0]), await open(benches[1])];
try {
  await benches[1].client.query(UNCHAINED);
  for (const { client } of benches) await client.query(NEW_LIST);
  process.stdout.write(`${benches[0].server}\n${ROUNDS} rounds of ${MS} ms, medians\n`);
  for (const clients of CLIENTS) {
    const [withChain, without]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      process.stderr.write(`${clients} clients, round ${round + 1} of ${ROUNDS}\n`);
      withChain.push(await measure(chained, clients));
      without.push(await measure(unchained, clients));
    }
    const ratio = median(withChain) / median(without);
    process.stdout.write(
      `${clients} clients: ${median(withChain).toFixed(0)} bans/s chained, ${median(without).toFixed(0)} not, ratio ${ratio.toFixed(2)}\n`,
    );
  }
} finally {
  for (const db of [chained, unchained]) await db.close();
  for (const bench of benches) await bench.close();
}
