import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { type NearImages, searchImages, searchImagesByOneHash } from "../../src/db/near-images.ts";
import type { NearStrategy } from "../../src/db/near-strategy.ts";
import type { Look } from "../../src/fingerprint/fingerprint.ts";
import { MATCH_TRANSFORMS, trimmedTransform } from "../../src/fingerprint/transform.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { bruteView } from "../support/near-brute.ts";
import {
  bruteDistance,
  COMPARABLE_VERSIONS,
  flip,
  flipSome,
  insertBits,
  lookOf,
  randomHash,
  seededRandom,
} from "../support/near-corpus.ts";

const STRATEGIES: readonly NearStrategy[] = ["scan", "probe"];

interface Hashes {
  readonly pdq?: string;
  readonly blockhash?: string;
}

interface SeenImage extends Hashes {
  readonly id: bigint;
  readonly trimmed?: Hashes;
  /** Of the fingerprint; default 1. */
  readonly version?: number;
  readonly model?: string;
  readonly scoresFrom?: bigint;
}

let fixture: TestDatabase;
before(async () => {
  fixture = await createTestDatabase();
});
after(() => fixture.drop());

async function refill(images: readonly SeenImage[]): Promise<void> {
  const { database } = fixture;
  await database.pool.query("delete from image_pdq; delete from image_blockhash; delete from image");
  await database.pool.query(
    `insert into image (id, sha256, sha1, md5, byte_length, format, width, height, frames, pdq_quality, detail,
       fingerprint_version, model, scores, scores_from) overriding system value
     select id, int8send(id), '', '', 1, 'png', 1, 1, 1, 100, 'sufficient', version, model,
       case when model is not null then json_build_object('sfw', id) end, scores_from
     from unnest($1::int8[], $2::text[], $3::int8[], $4::int2[]) as given (id, model, scores_from, version)`,
    [
      images.map(({ id }) => String(id)),
      images.map(({ model }) => model ?? null),
      images.map(({ scoresFrom }) => scoresFrom?.toString() ?? null),
      images.map(({ version }) => version ?? 1),
    ],
  );
  for (const kind of ["pdq", "blockhash"] as const) {
    const hashed = images.flatMap(({ id, trimmed, ...whole }) =>
      [whole, trimmed].flatMap((hashes, variant) =>
        hashes?.[kind] === undefined ? [] : [{ id, hash: hashes[kind], variant: variant as 0 | 1 }],
      ),
    );
    await insertBits(database, `image_${kind}`, kind, hashed);
  }
}

const random = seededRandom(21);
const pdq = randomHash(random);
const blockhash = randomHash(random);
const thresholds = { pdq: 10, blockhash: 8 };
const looks = [lookOf({ pdq, blockhash })];
const comparableVersions = COMPARABLE_VERSIONS;

for (const strategy of STRATEGIES) {
  describe(`search of seen images by ${strategy}`, () => {
    const nearest = async (options: Partial<Parameters<typeof searchImages>[1]> = {}) =>
      (await searchImages(fixture.database, { looks, thresholds, comparableVersions, strategy, ...options }))?.nearest
        .imageId ?? null;

    test("nothing seen, nothing near", async () => {
      await refill([]);
      assert.equal(await nearest(), null);
      const oneHash = { kind: "pdq", hash: pdq, threshold: 31, comparableVersions, limit: 5, strategy } as const;
      assert.deepEqual(await searchImagesByOneHash(fixture.database, oneHash), []);
    });

    test("the only image is found, with both distances", async () => {
      await refill([{ id: 5n, pdq: flip(pdq, [1, 2]), blockhash: flip(blockhash, [9]) }]);
      const found = await searchImages(fixture.database, { looks, thresholds, comparableVersions, strategy });
      const nearest = { imageId: 5n, pdqDistance: 2, blockhashDistance: 1, transform: "identity" };
      assert.deepEqual(found, { nearest, scored: null });
    });

    test("an image must be within both thresholds, whichever of them is the smaller", async () => {
      const at = async (pdqBits: number, blockhashBits: number) => {
        await refill([
          { id: 1n, pdq: flipSome(pdq, pdqBits, random), blockhash: flipSome(blockhash, blockhashBits, random) },
        ]);
        const swapped = await nearest({ thresholds: { pdq: 8, blockhash: 10 } });
        return [await nearest(), swapped];
      };
      assert.deepEqual(await at(10, 8), [1n, null]);
      assert.deepEqual(await at(8, 10), [null, 1n]);
      assert.deepEqual(await at(11, 0), [null, null]);
      assert.deepEqual(await at(0, 11), [null, null]);
      assert.deepEqual(await at(8, 8), [1n, 1n]);
    });

    test("the nearest by PDQ, then by blockhash, then the first seen", async () => {
      const images = [
        { id: 1n, pdq: flip(pdq, [1, 2]), blockhash },
        { id: 2n, pdq: flip(pdq, [1]), blockhash: flip(blockhash, [1, 2, 3]) },
        { id: 4n, pdq: flip(pdq, [2]), blockhash: flip(blockhash, [3]) },
        { id: 3n, pdq: flip(pdq, [5]), blockhash: flip(blockhash, [4]) },
      ];
      await refill(images);
      assert.equal(await nearest(), 3n);
      assert.equal(await nearest({ thresholds: { pdq: 9, blockhash: 7 } }), 3n);
      assert.equal(await nearest({ thresholds: { pdq: 7, blockhash: 9 }, exceptImageId: 3n }), 4n);
    });

    test("the image asked about is left out", async () => {
      await refill([
        { id: 1n, pdq, blockhash },
        { id: 2n, pdq: flip(pdq, [1]), blockhash },
      ]);
      assert.equal(await nearest({ exceptImageId: 1n }), 2n);
    });

    test("the same statement tells the nearest image that the model itself has scored, and its scores", async () => {
      await refill([
        { id: 1n, pdq, blockhash },
        { id: 2n, pdq, blockhash, model: "other" },
        { id: 3n, pdq, blockhash, model: "this", scoresFrom: 4n },
        { id: 4n, pdq: flip(pdq, [1]), blockhash, model: "this" },
        { id: 5n, pdq: flip(pdq, [1, 2]), blockhash, model: "this" },
        { id: 6n, pdq: flipSome(pdq, 11, random), blockhash, model: "far" },
      ]);
      const found = async (model: string) =>
        await searchImages(fixture.database, { looks, thresholds, comparableVersions, strategy, model });
      const nearest = { imageId: 1n, pdqDistance: 0, blockhashDistance: 0, transform: "identity" };
      const scored = { imageId: 4n, pdqDistance: 1, blockhashDistance: 0, transform: "identity", scores: { sfw: 4 } };
      assert.deepEqual(await found("this"), { nearest, scored });
      for (const model of ["none", "far"]) assert.deepEqual(await found(model), { nearest, scored: null });
    });

    test("the nearest image may be the one with scores", async () => {
      await refill([
        { id: 1n, pdq: flip(pdq, [1]), blockhash, model: "this" },
        { id: 2n, pdq: flip(pdq, [1, 2]), blockhash },
      ]);
      const nearest = { imageId: 1n, pdqDistance: 1, blockhashDistance: 0, transform: "identity" };
      const search = { looks, thresholds, comparableVersions, strategy, model: "this" };
      const expected = { nearest, scored: { ...nearest, scores: { sfw: 1 } } };
      assert.deepEqual(await searchImages(fixture.database, search), expected);
    });

    test("an image with one hash only is never near by both", async () => {
      await refill([
        { id: 1n, pdq },
        { id: 2n, blockhash },
      ]);
      assert.equal(await nearest(), null);
      assert.equal(await nearest({ thresholds: { pdq: 8, blockhash: 10 } }), null);
    });

    test("by one hash: all within the threshold, nearest first, then first seen, limited", async () => {
      await refill(
        [4, 3, 3, 10, 11].map((bits, i) => ({ id: BigInt(i + 1), blockhash: flipSome(blockhash, bits, random) })),
      );
      const oneHash = { kind: "blockhash", hash: blockhash, threshold: 10, comparableVersions, strategy } as const;
      const all = await searchImagesByOneHash(fixture.database, { ...oneHash, limit: 100 });
      assert.deepEqual(all, [
        { imageId: 2n, distance: 3, transform: "identity" },
        { imageId: 3n, distance: 3, transform: "identity" },
        { imageId: 1n, distance: 4, transform: "identity" },
        { imageId: 4n, distance: 10, transform: "identity" },
      ]);
      assert.deepEqual(await searchImagesByOneHash(fixture.database, { ...oneHash, limit: 2 }), all.slice(0, 2));
    });
  });
}

describe("looks of seen images", () => {
  const turned: Look = { transform: "mirror", pdq: randomHash(random), blockhash: randomHash(random) };
  const search = { thresholds, comparableVersions, model: "this" };

  test("an image is near where both hashes are in one look, and that look is told", async () => {
    await refill([{ id: 1n, ...hashesOf(turned) }]);
    const mixed: Look = { transform: "flip", pdq: turned.pdq, blockhash: randomHash(random) };
    const other: Look = { transform: "rotate90", pdq: randomHash(random), blockhash: turned.blockhash };
    assert.equal(await searchImages(fixture.database, { ...search, looks: [mixed, other] }), null);
    const found = await searchImages(fixture.database, { ...search, looks: [mixed, other, turned] });
    const nearest = { imageId: 1n, pdqDistance: 0, blockhashDistance: 0, transform: "mirror" };
    assert.deepEqual(found, { nearest, scored: null });
  });

  test("a trimmed picture is found by its own rows alone, and called trimmed", async () => {
    await refill([
      { id: 1n, pdq: randomHash(random), blockhash: randomHash(random), trimmed: { pdq, blockhash }, model: "this" },
      { id: 2n, pdq, blockhash: randomHash(random), trimmed: { pdq: randomHash(random), blockhash } },
    ]);
    for (const [transform, named] of [
      ["identity", "trimmed"],
      ["mirror", "trimmed_mirror"],
      ["trimmed_flip", "trimmed_flip"],
    ] as const) {
      const found = await searchImages(fixture.database, { ...search, looks: [{ transform, pdq, blockhash }] });
      const nearest = { imageId: 1n, pdqDistance: 0, blockhashDistance: 0, transform: named };
      assert.deepEqual(found, { nearest, scored: null });
    }
  });

  test("scores are those of an image that is near as it is, however near a turned or trimmed one is", async () => {
    const scored = { model: "this", version: 2 };
    await refill([
      { id: 1n, ...hashesOf(turned), ...scored },
      { id: 2n, pdq: flip(pdq, [1, 2, 9]), blockhash, trimmed: { pdq, blockhash }, ...scored },
      { id: 3n, trimmed: { pdq, blockhash }, ...scored },
    ]);
    const found = await searchImages(fixture.database, { ...search, looks: [...looks, turned] });
    assert.deepEqual([found?.nearest.imageId, found?.nearest.transform], [1n, "mirror"]);
    const expected = { imageId: 2n, pdqDistance: 3, blockhashDistance: 0, transform: "identity", scores: { sfw: 2 } };
    assert.deepEqual(found?.scored, expected);
  });

  test("images of a version that can't be compared are not near, by both hashes nor by one", async () => {
    await refill([
      { id: 1n, pdq, blockhash, version: 3, model: "this" },
      { id: 2n, pdq: flip(pdq, [1]), blockhash, version: 2, model: "this" },
    ]);
    const found = async (versions: readonly number[]) => {
      const both = await searchImages(fixture.database, { ...search, looks, comparableVersions: versions });
      const one = { kind: "pdq", hash: pdq, threshold: 10, comparableVersions: versions, limit: 10 } as const;
      const byOne = await searchImagesByOneHash(fixture.database, one);
      return [both?.nearest.imageId ?? null, both?.scored?.imageId ?? null, byOne.map(({ imageId }) => imageId)];
    };
    assert.deepEqual(await found([1, 2]), [2n, 2n, [2n]]);
    assert.deepEqual(await found([2, 3]), [1n, 1n, [1n, 2n]]);
    assert.deepEqual(await found([]), [null, null, []]);
  });

  test("by one hash an image is there once, by the nearer of its pictures", async () => {
    await refill([
      { id: 1n, pdq: flip(pdq, [1]), trimmed: { pdq: flip(pdq, [1, 2]) } },
      { id: 2n, pdq: flip(pdq, [1, 2]), trimmed: { pdq } },
      { id: 3n, trimmed: { pdq: flip(pdq, [1]) } },
    ]);
    const one = { kind: "pdq", hash: pdq, threshold: 10, comparableVersions, limit: 10 } as const;
    const expected = [
      { imageId: 2n, distance: 0, transform: "trimmed" },
      { imageId: 1n, distance: 1, transform: "identity" },
      { imageId: 3n, distance: 1, transform: "trimmed" },
    ];
    assert.deepEqual(await searchImagesByOneHash(fixture.database, one), expected);
    assert.deepEqual(await searchImagesByOneHash(fixture.database, { ...one, limit: 2 }), expected.slice(0, 2));
  });

  test("without a look that has both hashes there is nothing to find; too many looks are refused", async () => {
    await refill([{ id: 1n, pdq, blockhash }]);
    const halves = [lookOf({ pdq }), lookOf({ blockhash })];
    assert.equal(await searchImages(fixture.database, { ...search, looks: halves }), null);
    const many = Array.from({ length: 17 }, () => lookOf({ pdq, blockhash }));
    await assert.rejects(searchImages(fixture.database, { ...search, looks: many }), RangeError);
  });
});

function hashesOf({ pdq, blockhash }: Look): Hashes {
  return { ...(pdq !== null && { pdq }), ...(blockhash !== null && { blockhash }) };
}

/** What {@link searchImages} must answer, by comparing everything with everything; without scores. */
function bruteNearest(
  images: readonly SeenImage[],
  asked: readonly Look[],
  within: { pdq: number; blockhash: number },
  exceptImageId: bigint | undefined,
): NearImages | null {
  const met = images
    .filter(({ id, version = 1 }) => id !== exceptImageId && comparableVersions.includes(version))
    .flatMap((image) =>
      [image, image.trimmed ?? {}].flatMap((stored, variant) =>
        asked.flatMap((look, place) => {
          if (stored.pdq === undefined || stored.blockhash === undefined) return [];
          if (look.pdq === null || look.blockhash === null) return [];
          const pdqDistance = bruteDistance(look.pdq, stored.pdq);
          const blockhashDistance = bruteDistance(look.blockhash, stored.blockhash);
          if (pdqDistance > within.pdq || blockhashDistance > within.blockhash) return [];
          const transform = variant === 0 ? look.transform : trimmedTransform(look.transform);
          return [{ match: { imageId: image.id, pdqDistance, blockhashDistance, transform }, variant, place }];
        }),
      ),
    )
    .sort(
      ({ match: a, ...x }, { match: b, ...y }) =>
        a.pdqDistance - b.pdqDistance ||
        a.blockhashDistance - b.blockhashDistance ||
        Number(a.imageId - b.imageId) ||
        x.variant - y.variant ||
        x.place - y.place,
    );
  return met[0] === undefined ? null : { nearest: met[0].match, scored: null };
}

test("any thresholds and looks: both strategies and memory find what comparing everything finds", async () => {
  const drawn = (i: number): Hashes => ({
    pdq: i % 4 === 0 ? randomHash(random) : flipSome(pdq, i % 43, random),
    blockhash: i % 5 === 0 ? randomHash(random) : flipSome(blockhash, Math.floor(i / 43), random),
  });
  const images = Array.from({ length: 2000 }, (_, i): SeenImage => {
    const trimmed = i % 3 === 0 ? { trimmed: drawn(1999 - i) } : {};
    return { id: BigInt(i + 1), ...drawn(i), ...trimmed, version: 1 + (i % 3) };
  });
  await refill(images);
  const rows = images.flatMap(({ id, pdq: whole, trimmed }) =>
    [whole, trimmed?.pdq].flatMap((hash, variant) =>
      hash === undefined ? [] : [{ id, hash, variant: variant as 0 | 1 }],
    ),
  );
  const threshold = fc.integer({ min: 0, max: 40 });
  const look = fc.record({
    transform: fc.constantFrom(...MATCH_TRANSFORMS),
    pdq: fc.nat(12).map((bits) => flipSome(pdq, bits, random)),
    blockhash: fc.nat(12).map((bits) => flipSome(blockhash, bits, random)),
  });
  const asked = fc.array(look, { minLength: 1, maxLength: 16 });
  await fc.assert(
    fc.asyncProperty(threshold, threshold, fc.option(fc.integer({ min: 1, max: 3 })), asked, async (t, u, id, some) => {
      const within = { pdq: t, blockhash: u };
      const except = id === null ? undefined : BigInt(id);
      const expected = bruteNearest(images, some, within, except);
      const terms = { looks: some, thresholds: within, comparableVersions, ...(except && { exceptImageId: except }) };
      for (const strategy of STRATEGIES) {
        assert.deepEqual(await searchImages(fixture.database, { ...terms, strategy }), expected);
      }
      const view = bruteView({ image_pdq: rows }, {}, random);
      assert.deepEqual(await searchImages(fixture.database, { ...terms, view }), expected);
      const hash = some[0]?.pdq ?? pdq;
      const byPdq = images.flatMap(({ id: imageId, version, pdq: whole, trimmed }) => {
        const distances = [whole, trimmed?.pdq].map((stored) =>
          stored === undefined ? 999 : bruteDistance(hash, stored),
        );
        const distance = Math.min(...distances);
        if (distance > t || !comparableVersions.includes(version ?? 1)) return [];
        return [{ imageId, distance, transform: distances[0] === distance ? "identity" : "trimmed" }];
      });
      byPdq.sort((a, b) => a.distance - b.distance || Number(a.imageId - b.imageId));
      for (const strategy of STRATEGIES) {
        const oneHash = { kind: "pdq", hash, threshold: t, comparableVersions, limit: 10_000, strategy } as const;
        assert.deepEqual(await searchImagesByOneHash(fixture.database, oneHash), byPdq);
      }
    }),
    { numRuns: 40, seed: 5 },
  );
});
