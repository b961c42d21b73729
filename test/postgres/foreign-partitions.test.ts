import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Database, openDatabase } from "../../src/db/client.ts";
import { insertEntry } from "../../src/db/entries.ts";
import { searchImages, searchImagesByOneHash } from "../../src/db/near-images.ts";
import { recordNewImage } from "../../src/db/record-check.ts";
import { toIndexBits } from "../../src/fingerprint/bit-order.ts";
import { checkedImage, freeCheck } from "../support/checked-image.ts";
import { quietLogger } from "../support/database.ts";
import { execute, layOutOverServers } from "../support/foreign-layout.ts";
import { findServerPrograms, type LoopbackServer, startLoopbackServer } from "../support/loopback-server.ts";
import { bruteMatches } from "../support/near-brute.ts";
import {
  bruteDistance,
  COMPARABLE_VERSIONS,
  type CorpusEntry,
  flipSome,
  lookOf,
  neuralOf,
  randomHash,
  refill,
  searchAll,
  seededRandom,
} from "../support/near-corpus.ts";
import { genericPlan, type PlanNode, searchedTables, sentStatements } from "../support/near-plans.ts";

const SERVERS = 3;

const found = await findServerPrograms();
if (found.length === 0) test("fingerprints over three servers", { skip: "no server programs here: 5 cases skipped" });

for (const programs of found) {
  describe(`fingerprints over ${SERVERS} servers of ${programs.version}`, () => {
    const random = seededRandom(33);
    const centre = randomHash(random);
    const lists = [
      { id: 1n, name: "one", pdq: 31, blockhash: 10, agreement: { pdq: 60, blockhash: 20 } },
      { id: 2n, name: "two", pdq: 12, blockhash: 31, neural: 31, neuralVector: 400, match: "robust" as const },
    ];
    const entries = Array.from({ length: 2000 }, (_, i): CorpusEntry => {
      const hash = () => (i % 4 === 0 ? flipSome(centre, i % 40, random) : randomHash(random));
      const row = {
        id: BigInt(i + 1),
        listId: BigInt(1 + (i % 2)),
        pdq: hash(),
        blockhash: hash(),
        enabled: i % 9 !== 0,
      };
      const trimmed = i % 5 === 0 ? { trimmed: { pdq: hash(), blockhash: hash() } } : {};
      return { ...row, ...trimmed, neural: hash(), neuralVersion: i % 7 === 0 ? "old" : "new" };
    });
    const servers: LoopbackServer[] = [];
    let parts: LoopbackServer[] = [];
    let database: Database;
    before(async () => {
      for (let i = 0; i <= SERVERS; i++) servers.push(await startLoopbackServer(programs));
      const [coordinator, ...others] = servers;
      assert.ok(coordinator);
      parts = others;
      const connectionString = await layOutOverServers(coordinator, parts);
      const options = { poolSize: 5, logger: quietLogger, applicationName: "lookalike test" };
      database = await openDatabase({ connectionString }, options);
      await refill(database, lists, entries);
      await database.pool.query("alter table entry alter column id restart with 100000");
    });
    after(async () => {
      await database?.close();
      for (const server of servers) await server.remove();
    });

    async function countsOf(table: string): Promise<number[]> {
      const counted = parts.map(({ url }) => execute(url("lookalike"), `select count(*)::int from ${table}`));
      return (await Promise.all(counted)).map(({ rows }) => rows[0].count);
    }

    test("each server holds a part", async () => {
      const counts = await countsOf("entry_pdq");
      assert.ok(Math.min(...counts) > entries.length / SERVERS / 2, counts.join());
      assert.equal(
        counts.reduce((sum, count) => sum + count),
        entries.length + entries.filter(({ trimmed }) => trimmed).length,
      );
    });

    test("entries: probing and reading find what comparing everything finds", async () => {
      let compared = 0;
      for (let i = 0; i < 60; i++) {
        const near = i % 3 === 0 ? centre : (entries[Math.floor(random() * entries.length)]?.pdq ?? centre);
        const hash = i % 3 === 2 ? randomHash(random) : flipSome(near, i % 24, random);
        const looks = [
          lookOf({ pdq: i % 2 === 0 ? randomHash(random) : flipSome(centre, 20, random) }),
          { transform: "rotate90" as const, pdq: hash, blockhash: hash },
        ];
        const terms = { neural: neuralOf("new", hash) };
        const expected = bruteMatches(lists, entries, looks, null, terms);
        compared += expected.length;
        for (const strategy of i % 10 === 0 ? (["probe", "scan"] as const) : (["probe"] as const)) {
          assert.deepEqual(await searchAll(database, looks, 31, strategy, terms), expected, strategy);
        }
      }
      assert.ok(compared > 500, String(compared));
    });

    test("the whole condition is sent to all servers at once, and their indexes answer it", async () => {
      const client = await database.searchPool.connect();
      try {
        for (const statement of await sentStatements(database, "probe")) {
          const nodes = await genericPlan(client, statement);
          for (const table of searchedTables(statement, "probe")) {
            const reads = nodes.filter((node) => node["Relation Name"]?.startsWith(`${table}_at_`));
            // Agreement reads PDQ by the key, beside the search of it.
            const isKeyed = ({ "Remote SQL": sql = "" }: PlanNode) => /\(entry_id = /.test(sql);
            const scans = reads.filter((read) => !isKeyed(read));
            const keyed = table === "entry_pdq" ? SERVERS : 0;
            assert.equal(reads.length - scans.length, keyed, statement.name);
            assert.deepEqual(
              scans.map((scan) => [scan["Node Type"], scan["Async Capable"], scan.Filter]),
              Array(SERVERS).fill(["Foreign Scan", true, undefined]),
              statement.name,
            );
            for (const scan of scans) {
              const remote = scan["Remote SQL"] ?? "";
              assert.equal(remote.match(/ANY \(\$/g)?.length, 11, remote);
              assert.match(remote, /bit_count/);
            }
          }
        }
      } finally {
        client.release();
      }
      const [part] = parts;
      assert.ok(part);
      const { rows } = await execute(
        part.url("lookalike"),
        `set enable_seqscan = off; explain (format json) select entry_id from entry_pdq
         where "substring"(bits, 1, 24)::integer = any ('{1}') or "substring"(bits, 234, 23)::integer = any ('{1}')`,
      ).then((results) => (Array.isArray(results) ? results[1] : results));
      assert.match(JSON.stringify(rows), /BitmapOr/);
    });

    test("an entry added through the service's database is found at once, and its change is on record", async () => {
      const pdq = randomHash(random);
      const bits = [{ kind: "pdq", variant: 0, bits: toIndexBits("pdq", pdq) }] as const;
      const event = (action: string) => () => ({ actor: "test", action, subject: "entry", details: {} });
      const added = await insertEntry(
        database,
        { listId: 1n, identity: "00", source: "hashes", pdq, detail: "sufficient", createdBy: "test" },
        bits,
        event("entry.create"),
      );
      const again = await insertEntry(
        database,
        { listId: 1n, identity: "00", sha1: "11", source: "hashes", pdq, detail: "sufficient", createdBy: "test" },
        bits,
        event("entry.complete"),
      );
      assert.deepEqual([again?.outcome, again?.row.id], ["completed", added?.row.id]);
      assert.deepEqual(
        (await searchAll(database, [lookOf({ pdq })], 31)).map(({ entryId }) => entryId),
        [added?.row.id],
      );
      const changes = await database.pool.query(
        "select from fingerprint_change where source = 'entry_pdq' and owner = $1",
        [added?.row.id],
      );
      assert.equal(changes.rowCount, 1);
    });

    test("images are found by what was recorded last, by both hashes and by one", async () => {
      const images = await Promise.all(
        Array.from({ length: 40 }, async (_, i) => {
          const hashes = { pdq: flipSome(centre, i, random), blockhash: flipSome(centre, i, random) };
          await recordNewImage(database, checkedImage(i + 1, null), null, freeCheck());
          const earlier = { pdq: centre, blockhash: centre };
          await recordNewImage(database, checkedImage(i + 1, earlier), null, freeCheck());
          const { id } = await recordNewImage(database, checkedImage(i + 1, hashes), null, freeCheck());
          return { id, ...hashes };
        }),
      );
      for (let i = 0; i < 20; i++) {
        const hash = flipSome(centre, i, random);
        const measured = images.map((image) => ({
          imageId: image.id,
          pdqDistance: bruteDistance(hash, image.pdq),
          blockhashDistance: bruteDistance(hash, image.blockhash),
          transform: "identity",
        }));
        const [nearest = null] = measured
          .filter(({ pdqDistance, blockhashDistance }) => pdqDistance <= 31 && blockhashDistance <= 20)
          .sort(
            (a, b) =>
              a.pdqDistance - b.pdqDistance ||
              a.blockhashDistance - b.blockhashDistance ||
              Number(a.imageId - b.imageId),
          );
        const thresholds = { pdq: 31, blockhash: 20 };
        const looks = [lookOf({ pdq: hash, blockhash: hash })];
        const comparableVersions = COMPARABLE_VERSIONS;
        const both = await searchImages(database, { looks, thresholds, comparableVersions, strategy: "probe" });
        assert.deepEqual(both?.nearest ?? null, nearest);
        const byOne = measured
          .filter(({ pdqDistance }) => pdqDistance <= 31)
          .sort((a, b) => a.pdqDistance - b.pdqDistance || Number(a.imageId - b.imageId))
          .map(({ imageId, pdqDistance }) => ({ imageId, distance: pdqDistance, transform: "identity" }));
        const one = { kind: "pdq", hash, threshold: 31, limit: 100, comparableVersions, strategy: "probe" } as const;
        assert.deepEqual(await searchImagesByOneHash(database, one), byOne);
      }
      await recordNewImage(database, checkedImage(1, null), null, freeCheck());
      const left = await countsOf("image_pdq");
      assert.equal(
        left.reduce((sum, count) => sum + count),
        images.length - 1,
      );
    });
  });
}
