import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Database, openDatabase } from "../../src/db/client.ts";
import { insertEntry } from "../../src/db/entries.ts";
import { searchImages, searchImagesByOneHash } from "../../src/db/near-images.ts";
import { NEAR_TABLES } from "../../src/db/near-strategy.ts";
import { recordNewImage } from "../../src/db/record-check.ts";
import { toIndexBits } from "../../src/fingerprint/bit-order.ts";
import { checkedImage, freeCheck } from "../support/checked-image.ts";
import { quietLogger } from "../support/database.ts";
import { execute, layOutOverServers } from "../support/foreign-layout.ts";
import { findServerPrograms, type LoopbackServer, startLoopbackServer } from "../support/loopback-server.ts";
import {
  bruteDistance,
  bruteMatches,
  type CorpusEntry,
  flipSome,
  randomHash,
  refill,
  searchAll,
  seededRandom,
} from "../support/near-corpus.ts";
import { genericPlan, sentStatements } from "../support/near-plans.ts";

const SERVERS = 3;

const found = await findServerPrograms();
if (found.length === 0) test("fingerprints over three servers", { skip: "no server programs here: 5 cases skipped" });

for (const programs of found) {
  describe(`fingerprints over ${SERVERS} servers of ${programs.version}`, () => {
    const random = seededRandom(33);
    const centre = randomHash(random);
    const lists = [
      { id: 1n, name: "one", pdq: 31, blockhash: 10 },
      { id: 2n, name: "two", pdq: 12, blockhash: 31 },
    ];
    const entries = Array.from({ length: 2000 }, (_, i): CorpusEntry => {
      const hash = () => (i % 4 === 0 ? flipSome(centre, i % 40, random) : randomHash(random));
      return { id: BigInt(i + 1), listId: BigInt(1 + (i % 2)), pdq: hash(), blockhash: hash(), enabled: i % 9 !== 0 };
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
        entries.length,
      );
    });

    test("entries: probing and reading find what comparing everything finds", async () => {
      let compared = 0;
      for (let i = 0; i < 60; i++) {
        const near = i % 3 === 0 ? centre : (entries[Math.floor(random() * entries.length)]?.pdq ?? centre);
        const hash = i % 3 === 2 ? randomHash(random) : flipSome(near, i % 24, random);
        const query = [
          { transform: "identity" as const, hash: i % 2 === 0 ? randomHash(random) : flipSome(centre, 20, random) },
          { transform: "rotate90" as const, hash },
        ];
        const hashes = { pdq: query, blockhash: query.slice(1) };
        const expected = bruteMatches(lists, entries, hashes, null);
        compared += expected.length;
        for (const strategy of i % 10 === 0 ? (["probe", "scan"] as const) : (["probe"] as const)) {
          assert.deepEqual(await searchAll(database, hashes, 31, strategy), expected, strategy);
        }
      }
      assert.ok(compared > 500, String(compared));
    });

    test("the whole condition is sent to all servers at once, and their indexes answer it", async () => {
      const client = await database.searchPool.connect();
      try {
        for (const statement of await sentStatements(database, "probe")) {
          const nodes = await genericPlan(client, statement);
          for (const table of NEAR_TABLES.filter((name) => statement.name.includes(`${name}_probe`))) {
            const scans = nodes.filter((node) => node["Relation Name"]?.startsWith(`${table}_at_`));
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
      const bits = { pdq: toIndexBits("pdq", pdq), blockhash: null };
      const added = await insertEntry(
        database,
        { listId: 1n, identity: "00", source: "hashes", detail: "sufficient", createdBy: "test" },
        bits,
        () => ({ actor: "test", action: "entry.create", subject: "entry", details: {} }),
      );
      const again = await insertEntry(
        database,
        { listId: 1n, identity: "00", sha1: "11", source: "hashes", detail: "sufficient", createdBy: "test" },
        bits,
        () => ({ actor: "test", action: "entry.complete", subject: "entry", details: {} }),
      );
      assert.deepEqual([again?.outcome, again?.row.id], ["completed", added?.row.id]);
      const hashes = { pdq: [{ transform: "identity" as const, hash: pdq }], blockhash: [] };
      assert.deepEqual(
        (await searchAll(database, hashes, 31)).map(({ entryId }) => entryId),
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
        const both = await searchImages(database, { pdq: hash, blockhash: hash, thresholds, strategy: "probe" });
        assert.deepEqual(both?.nearest ?? null, nearest);
        const byOne = measured
          .filter(({ pdqDistance }) => pdqDistance <= 31)
          .sort((a, b) => a.pdqDistance - b.pdqDistance || Number(a.imageId - b.imageId))
          .map(({ imageId, pdqDistance }) => ({ imageId, distance: pdqDistance }));
        const one = { kind: "pdq", hash, threshold: 31, limit: 100, strategy: "probe" } as const;
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
