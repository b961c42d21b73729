import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { searchImages, searchImagesByOneHash } from "../../src/db/near-images.ts";
import type { NearStrategy } from "../../src/db/near-strategy.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { bruteDistance, flip, flipSome, insertBits, randomHash, seededRandom } from "../support/near-corpus.ts";

const STRATEGIES: readonly NearStrategy[] = ["scan", "probe"];

interface SeenImage {
  readonly id: bigint;
  readonly pdq?: string;
  readonly blockhash?: string;
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
     select id, int8send(id), '', '', 1, 'png', 1, 1, 1, 100, 'sufficient', 1, model,
       case when model is not null then json_build_object('sfw', id) end, scores_from
     from unnest($1::int8[], $2::text[], $3::int8[]) as given (id, model, scores_from)`,
    [
      images.map(({ id }) => String(id)),
      images.map(({ model }) => model ?? null),
      images.map(({ scoresFrom }) => scoresFrom?.toString() ?? null),
    ],
  );
  for (const kind of ["pdq", "blockhash"] as const) {
    const hashed = images.flatMap((image) => (image[kind] === undefined ? [] : [{ id: image.id, hash: image[kind] }]));
    await insertBits(database, `image_${kind}`, kind, hashed);
  }
}

const random = seededRandom(21);
const pdq = randomHash(random);
const blockhash = randomHash(random);
const thresholds = { pdq: 10, blockhash: 8 };

for (const strategy of STRATEGIES) {
  describe(`search of seen images by ${strategy}`, () => {
    const nearest = async (options: Partial<Parameters<typeof searchImages>[1]> = {}) =>
      (await searchImages(fixture.database, { pdq, blockhash, thresholds, strategy, ...options }))?.nearest.imageId ??
      null;

    test("nothing seen, nothing near", async () => {
      await refill([]);
      assert.equal(await nearest(), null);
      const oneHash = { kind: "pdq", hash: pdq, threshold: 31, limit: 5, strategy } as const;
      assert.deepEqual(await searchImagesByOneHash(fixture.database, oneHash), []);
    });

    test("the only image is found, with both distances", async () => {
      await refill([{ id: 5n, pdq: flip(pdq, [1, 2]), blockhash: flip(blockhash, [9]) }]);
      const found = await searchImages(fixture.database, { pdq, blockhash, thresholds, strategy });
      assert.deepEqual(found, { nearest: { imageId: 5n, pdqDistance: 2, blockhashDistance: 1 }, scored: null });
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
        await searchImages(fixture.database, { pdq, blockhash, thresholds, strategy, model });
      const nearest = { imageId: 1n, pdqDistance: 0, blockhashDistance: 0 };
      const scored = { imageId: 4n, pdqDistance: 1, blockhashDistance: 0, scores: { sfw: 4 } };
      assert.deepEqual(await found("this"), { nearest, scored });
      for (const model of ["none", "far"]) assert.deepEqual(await found(model), { nearest, scored: null });
    });

    test("the nearest image may be the one with scores", async () => {
      await refill([
        { id: 1n, pdq: flip(pdq, [1]), blockhash, model: "this" },
        { id: 2n, pdq: flip(pdq, [1, 2]), blockhash },
      ]);
      const nearest = { imageId: 1n, pdqDistance: 1, blockhashDistance: 0 };
      const search = { pdq, blockhash, thresholds, strategy, model: "this" };
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
      const oneHash = { kind: "blockhash", hash: blockhash, threshold: 10, strategy } as const;
      const all = await searchImagesByOneHash(fixture.database, { ...oneHash, limit: 100 });
      assert.deepEqual(all, [
        { imageId: 2n, distance: 3 },
        { imageId: 3n, distance: 3 },
        { imageId: 1n, distance: 4 },
        { imageId: 4n, distance: 10 },
      ]);
      assert.deepEqual(await searchImagesByOneHash(fixture.database, { ...oneHash, limit: 2 }), all.slice(0, 2));
    });
  });
}

test("any thresholds: both strategies find what comparing everything finds", async () => {
  const images = Array.from({ length: 2000 }, (_, i) => ({
    id: BigInt(i + 1),
    pdq: i % 4 === 0 ? randomHash(random) : flipSome(pdq, i % 43, random),
    blockhash: i % 5 === 0 ? randomHash(random) : flipSome(blockhash, Math.floor(i / 43), random),
  }));
  await refill(images);
  const distances = images.map((image) => ({
    imageId: image.id,
    pdqDistance: bruteDistance(pdq, image.pdq),
    blockhashDistance: bruteDistance(blockhash, image.blockhash),
  }));
  const threshold = fc.integer({ min: 0, max: 40 });
  await fc.assert(
    fc.asyncProperty(threshold, threshold, fc.subarray(distances.slice(0, 3)), async (t, u, [except]) => {
      const within = distances
        .filter(({ imageId, pdqDistance, blockhashDistance }) => {
          return pdqDistance <= t && blockhashDistance <= u && imageId !== except?.imageId;
        })
        .sort((a, b) => a.pdqDistance - b.pdqDistance || a.blockhashDistance - b.blockhashDistance);
      const byPdq = distances
        .filter(({ pdqDistance }) => pdqDistance <= t)
        .sort((a, b) => a.pdqDistance - b.pdqDistance)
        .map(({ imageId, pdqDistance }) => ({ imageId, distance: pdqDistance }));
      const exceptImage = except === undefined ? {} : { exceptImageId: except.imageId };
      for (const strategy of STRATEGIES) {
        const search = { pdq, blockhash, thresholds: { pdq: t, blockhash: u }, strategy, ...exceptImage };
        const expected = within[0] === undefined ? null : { nearest: within[0], scored: null };
        assert.deepEqual(await searchImages(fixture.database, search), expected);
        const oneHash = { kind: "pdq", hash: pdq, threshold: t, limit: 10_000, strategy } as const;
        assert.deepEqual(await searchImagesByOneHash(fixture.database, oneHash), byPdq);
      }
    }),
    { numRuns: 40, seed: 5 },
  );
});
