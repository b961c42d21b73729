import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Database, openDatabase } from "../../src/db/client.ts";
import { insertEntry } from "../../src/db/entries.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { searchedBits } from "../../src/db/near-bits.ts";
import { searchImagesByOneHash } from "../../src/db/near-images.ts";
import { recordNewImage } from "../../src/db/record-check.ts";
import { neuralBits, neuralHashOf } from "../../src/fingerprint/neural.ts";
import { checkedImage, freeCheck } from "../support/checked-image.ts";
import { quietLogger } from "../support/database.ts";
import { BEFORE_LOOKS, withMigrationsUpTo } from "../support/earlier-migrations.ts";
import { documentedStatements, execute, moveToParts } from "../support/foreign-layout.ts";
import { findServerPrograms, type LoopbackServer, startLoopbackServer } from "../support/loopback-server.ts";
import { COMPARABLE_VERSIONS, lookOf, randomHash, searchAll, seededRandom, vectorOf } from "../support/near-corpus.ts";

const DATABASE = "lookalike";
const ENTRIES = 40;

/** The tables of a part as they were before pictures were searched trimmed. */
const EARLIER_PART = `do $$
  declare owner text; kind text;
  begin
    foreach owner in array array['entry', 'image'] loop
      foreach kind in array array['pdq', 'blockhash'] loop
        execute format('create table %1$s_%2$s (%1$s_id bigint primary key, bits bit(256) not null)', owner, kind);
        for chunk in 0..10 loop
          execute format('create index on %s_%s ((substring(bits, %s, %s)::int4))', owner, kind,
            1 + 23 * chunk + least(chunk, 3), 23 + (chunk < 3)::int);
        end loop;
      end loop;
    end loop;
  end $$`;

const [programs] = await findServerPrograms();
describe("fingerprints laid out over two servers before looks", { skip: programs === undefined }, () => {
  const random = seededRandom(3);
  const hashes = Array.from({ length: ENTRIES }, () => randomHash(random));
  const servers: LoopbackServer[] = [];
  let database: Database;
  before(async () => {
    if (programs === undefined) return;
    for (let i = 0; i < 3; i++) servers.push(await startLoopbackServer(programs));
    const [coordinator, ...parts] = servers as [LoopbackServer, LoopbackServer, LoopbackServer];
    for (const { url } of servers) await execute(url(), `create database ${DATABASE}`);
    for (const { url } of parts) await execute(url(DATABASE), EARLIER_PART);
    const connection = { connectionString: coordinator.url(DATABASE) };
    await withMigrationsUpTo(BEFORE_LOOKS, (migrationsFolder) =>
      migrateDatabase(connection, { logger: quietLogger, migrationsFolder }),
    );
    const statements = await documentedStatements();
    const url = await moveToParts(coordinator, parts, {
      ...statements,
      move: statements.move.replace("'entry_neural', ", ""),
    });
    await execute(
      url,
      `insert into list (name, kind, action, pdq_threshold, blockhash_threshold) values ('old', 'disallow', 'block', 31, 10);
       insert into entry (list_id, identity, source, detail, fingerprint_version, created_by)
       select 1, int8send(i), 'image', 'sufficient', 1, 'test' from generate_series(1, ${ENTRIES}) as i`,
    );
    await execute(url, "insert into entry_pdq select * from unnest($1::int8[], $2::varbit[])", [
      hashes.map((_, i) => i + 1),
      hashes.map((hash) => searchedBits("pdq", hash)),
    ]);
    for (const part of parts) await execute(part.url(DATABASE), statements.upgrade);
    await migrateDatabase(connection, { logger: quietLogger, fingerprintPartitions: parts.length });
    database = await openDatabase(connection, { poolSize: 3, logger: quietLogger, applicationName: "lookalike test" });
  });
  after(async () => {
    await database?.close();
    for (const server of servers) await server.remove();
  });

  test("what was there is found as before", async () => {
    for (const [i, pdq] of hashes.entries()) {
      const found = await searchAll(database, [lookOf({ pdq })], 31);
      assert.deepEqual(
        found.map(({ entryId, transform }) => [Number(entryId), transform]),
        [[i + 1, "identity"]],
      );
    }
  });

  test("trimmed pictures and neural hashes are kept and found", async () => {
    const picture = { pdq: randomHash(random), trimmedPdq: randomHash(random), neural: vectorOf(randomHash(random)) };
    const fields = { listId: 1n, identity: "ff", source: "image", detail: "sufficient", createdBy: "test" } as const;
    const event = () => ({ actor: "test", action: "entry.create", subject: "entry", details: {} });
    const bits = [
      { kind: "pdq", variant: 0, bits: searchedBits("pdq", picture.pdq) },
      { kind: "pdq", variant: 1, bits: searchedBits("pdq", picture.trimmedPdq) },
      { kind: "neural", variant: 0, bits: searchedBits("neural", neuralBits(picture.neural)) },
    ] as const;
    await insertEntry(database, { ...fields, ...picture, neuralVersion: "a", fingerprintVersion: 2 }, bits, event);
    const terms = { neural: neuralHashOf("a", picture.neural), match: "robust" } as const;
    const found = await searchAll(database, [lookOf({ pdq: picture.trimmedPdq })], 31, undefined, terms);
    assert.deepEqual(
      found.map(({ hash, transform }) => [hash, transform]),
      [
        ["pdq", "trimmed"],
        ["neural", "identity"],
      ],
    );
    const trimmed = { pdq: randomHash(random), blockhash: randomHash(random) };
    const whole = { pdq: randomHash(random), blockhash: randomHash(random) };
    const { id } = await recordNewImage(database, checkedImage(1, whole, trimmed), null, freeCheck());
    const one = { kind: "pdq", threshold: 10, comparableVersions: COMPARABLE_VERSIONS, limit: 9 } as const;
    assert.deepEqual(await searchImagesByOneHash(database, { ...one, hash: trimmed.pdq }), [
      { imageId: id, distance: 0, transform: "trimmed" },
    ]);
    await recordNewImage(database, checkedImage(1, whole), null, freeCheck());
    assert.deepEqual(await searchImagesByOneHash(database, { ...one, hash: trimmed.pdq }), []);
  });
});
