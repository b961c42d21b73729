import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type EntryOutcome, type EntryRow, insertEntry, type NewEntry } from "../../src/db/entries.ts";
import type { SearchBits } from "../../src/db/entry-bits.ts";
import { insertList } from "../../src/db/lists.ts";
import { searchedBits } from "../../src/db/near-bits.ts";
import {
  countStaleEntries,
  type FingerprintFields,
  pageStaleEntries,
  replaceFingerprints,
} from "../../src/db/stale-entries.ts";
import { neuralBits, neuralHashOf } from "../../src/fingerprint/neural.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { lookOf, randomHash, searchAll, seededRandom, vectorOf } from "../support/near-corpus.ts";

const random = seededRandom(23);
let made: TestDatabase;
let listId: bigint;
let pictures = 0;
before(async () => {
  made = await createTestDatabase();
  listId = await addList("one");
});
after(() => made.drop());

async function addList(name: string): Promise<bigint> {
  const fields = { kind: "disallow", action: "block", description: "", enabled: true, match: "robust" } as const;
  const thresholds = { pdqThreshold: 31, blockhashThreshold: 10, neuralThreshold: 60, neuralVectorThreshold: 400 };
  const agreement = { agreementPdqThreshold: 70, agreementBlockhashThreshold: 20 };
  const event = { actor: "test", action: "list.create", subject: name, details: {} };
  const row = await insertList(made.database, name, { ...fields, ...thresholds, ...agreement }, event);
  assert.ok(row);
  return row.id;
}

/** A picture in all its hashes, whole and trimmed. */
function drawPicture(fingerprintVersion: number, neuralVersion: string | null): FingerprintFields {
  return {
    pdq: randomHash(random),
    pdqQuality: 100,
    blockhash: randomHash(random),
    trimmedPdq: randomHash(random),
    trimmedBlockhash: randomHash(random),
    detail: "sufficient",
    detailCause: null,
    fingerprintVersion,
    neural: neuralVersion === null ? null : vectorOf(randomHash(random)),
    neuralVersion,
  };
}

function bitsOf(picture: Partial<FingerprintFields>): SearchBits[] {
  const hashes = [
    ["pdq", 0, picture.pdq],
    ["pdq", 1, picture.trimmedPdq],
    ["blockhash", 0, picture.blockhash],
    ["blockhash", 1, picture.trimmedBlockhash],
    ["neural", 0, picture.neural && neuralBits(picture.neural)],
  ] as const;
  return hashes.flatMap(([kind, variant, hash]) => (hash ? [{ kind, variant, bits: searchedBits(kind, hash) }] : []));
}

function newIdentity(): string {
  pictures += 1;
  return pictures.toString(16).padStart(64, "0");
}

async function add(
  identity: string,
  picture: Partial<FingerprintFields>,
  more: Partial<NewEntry> = {},
): Promise<{ row: EntryRow; outcome: EntryOutcome }> {
  const base = { listId, identity, source: "image", detail: "sufficient", createdBy: "test" } as const;
  const added = await insertEntry(made.database, { ...base, ...picture, ...more }, bitsOf(picture), () => event);
  assert.ok(added);
  return added;
}

const event = { actor: "test", action: "entry.change", subject: "entry", details: {} };

/** How an entry is found: kind and transform of each match, searched by all of a picture's hashes one by one. */
async function foundBy(
  id: bigint,
  { pdq, blockhash, trimmedPdq, trimmedBlockhash, neural, neuralVersion }: FingerprintFields,
) {
  const looks = [
    lookOf({ pdq: pdq ?? "" }),
    lookOf({ blockhash: blockhash ?? "" }),
    lookOf({ pdq: trimmedPdq ?? "" }),
    lookOf({ blockhash: trimmedBlockhash ?? "" }),
  ].filter((look) => look.pdq !== "" && look.blockhash !== "");
  const found: string[] = [];
  for (const look of looks) {
    for (const match of await searchAll(made.database, [look], 31)) {
      if (match.entryId === id && match.distance === 0) found.push(`${match.hash} ${match.transform}`);
    }
  }
  if (neural != null && neuralVersion != null) {
    const asked = { neural: neuralHashOf(neuralVersion, neural) };
    for (const match of await searchAll(made.database, [], 31, undefined, asked)) {
      if (match.entryId === id) found.push(match.hash);
    }
  }
  return found;
}

/** The stored vector and the searched bits, as hex digits. */
async function neuralColumns(id: bigint): Promise<string[]> {
  const { rows } = await made.database.pool.query<{ neural: Buffer; bits: string }>(
    "select neural, bits::text from entry join entry_neural on entry_id = id where id = $1",
    [id],
  );
  return rows.flatMap(({ neural, bits }) => [
    neural.toString("hex"),
    BigInt(`0b${bits}`).toString(16).padStart(64, "0"),
  ]);
}

const ALL = ["pdq identity", "blockhash identity", "pdq trimmed", "blockhash trimmed", "neural"];

describe("hashes of an entry", () => {
  test("all of them find it as soon as it is added", async () => {
    const picture = drawPicture(2, "a");
    const { row, outcome } = await add(newIdentity(), picture);
    assert.equal(outcome, "created");
    assert.deepEqual(await foundBy(row.id, picture), ALL);
  });

  test("the neural one is stored as its vector, a byte a number, and searched by the signs", async () => {
    const picture = drawPicture(2, "a");
    const { row } = await add(newIdentity(), picture);
    assert.equal(row.neural, picture.neural);
    assert.deepEqual(await neuralColumns(row.id), [picture.neural, neuralBits(picture.neural ?? "")]);
    const next = drawPicture(2, "b");
    const replaced = await replaceFingerprints(made.database, row.id, next, bitsOf(next), event);
    assert.equal(replaced?.neural, next.neural);
    assert.deepEqual(await neuralColumns(row.id), [next.neural, neuralBits(next.neural ?? "")]);
  });

  test("those it lacks are filled in when the same picture comes again, of one version only", async () => {
    const identity = newIdentity();
    const picture = drawPicture(2, "a");
    const { pdq, blockhash } = picture;
    const first = await add(identity, { pdq, blockhash, fingerprintVersion: 2, neural: null, neuralVersion: null });
    assert.deepEqual(await foundBy(first.row.id, picture), ["pdq identity", "blockhash identity"]);
    const again = await add(identity, picture, { sourceUrl: "https://example.com/a.png", source: "url" });
    assert.deepEqual(
      [again.outcome, again.row.sourceUrl, again.row.neuralVersion],
      ["completed", "https://example.com/a.png", "a"],
    );
    assert.deepEqual(await foundBy(first.row.id, picture), ALL);
    assert.equal((await add(identity, picture)).outcome, "unchanged");
  });

  test("of another version of the fingerprint none is mixed in, the neural one is", async () => {
    const identity = newIdentity();
    const old = drawPicture(1, null);
    const { pdq, blockhash } = old;
    const { row } = await add(identity, { pdq, blockhash, fingerprintVersion: 1 });
    const newer = drawPicture(2, "a");
    const again = await add(identity, newer);
    assert.deepEqual(
      [again.outcome, again.row.fingerprintVersion, again.row.trimmedPdq, again.row.pdq],
      ["completed", 1, null, pdq],
    );
    assert.deepEqual(await foundBy(row.id, newer), ["neural"]);
    assert.deepEqual(await foundBy(row.id, old), ["pdq identity", "blockhash identity"]);
  });

  test("are swapped in one go, and nothing of the old ones finds it any more", async () => {
    const old = drawPicture(1, "a");
    const { row } = await add(newIdentity(), old);
    const { trimmedPdq, trimmedBlockhash, ...whole } = drawPicture(2, "b");
    const next = { ...whole, trimmedPdq: null, trimmedBlockhash: null };
    const replaced = await replaceFingerprints(made.database, row.id, next, bitsOf(next), event);
    assert.deepEqual([replaced?.fingerprintVersion, replaced?.neuralVersion, replaced?.trimmedPdq], [2, "b", null]);
    assert.deepEqual(
      [await foundBy(row.id, old), await foundBy(row.id, next)],
      [[], ["pdq identity", "blockhash identity", "neural"]],
    );
    const { rows } = await made.database.pool.query("select action from audit order by seq desc limit 1");
    assert.deepEqual(rows, [{ action: "entry.change" }]);
    assert.equal(await replaceFingerprints(made.database, 999_999n, next, bitsOf(next), event), null);
  });
});

describe("entries with hashes that are made otherwise now", () => {
  const versions = { current: 2, comparable: [1, 2], neuralVersion: "a" };

  test("are told in the order they were added, with where their picture may be found", async () => {
    await made.database.pool.query(
      "delete from entry_pdq; delete from entry_blockhash; delete from entry_neural; delete from entry",
    );
    const otherList = await addList("gone");
    const stale = [
      await add(newIdentity(), drawPicture(1, "a"), { sha256: "ab".repeat(32) }),
      await add(newIdentity(), drawPicture(0, "a"), { source: "url", sourceUrl: "https://example.com/b.png" }),
      await add(newIdentity(), drawPicture(2, null)),
      await add(newIdentity(), drawPicture(2, "old"), { expiresAt: new Date(0) }),
    ].map(({ row }) => row.id);
    await add(newIdentity(), drawPicture(2, "a"));
    await add(newIdentity(), { pdq: randomHash(random) }, { source: "hashes" });
    await add(newIdentity(), drawPicture(1, "a"), { listId: otherList });
    await made.database.pool.query("update list set deleted_at = now() where id = $1", [otherList]);
    const all = await pageStaleEntries(made.database, versions, null, 0n, 100);
    assert.deepEqual(
      all.map(({ id, comparable }) => [id, comparable]),
      [
        [stale[0], true],
        [stale[1], false],
        [stale[2], true],
        [stale[3], true],
      ],
    );
    assert.deepEqual(
      all
        .slice(0, 2)
        .map(({ listName, source, sha256, sourceUrl, fingerprintVersion }) => [
          listName,
          source,
          sha256,
          sourceUrl,
          fingerprintVersion,
        ]),
      [
        ["one", "image", "ab".repeat(32), null, 1],
        ["one", "url", null, "https://example.com/b.png", 0],
      ],
    );
    const paged = [];
    for (let after = 0n, page = all; page.length > 0; after = page.at(-1)?.id ?? 0n) {
      page = await pageStaleEntries(made.database, versions, "one", after, 3);
      paged.push(...page);
    }
    assert.deepEqual(paged, all);
    assert.deepEqual(await countStaleEntries(made.database, versions), { entries: 4, incomparable: 1 });
    const withoutModel = { ...versions, neuralVersion: null };
    assert.deepEqual(await countStaleEntries(made.database, withoutModel), { entries: 2, incomparable: 1 });
  });
});
