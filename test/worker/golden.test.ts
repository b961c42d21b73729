import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createAppContext } from "../../src/app-context.ts";
import { loadClassifier } from "../../src/classifier/onnx-classifier.ts";
import { readConfig } from "../../src/config.ts";
import { ConfigError } from "../../src/config-error.ts";
import { fingerprintPixels } from "../../src/fingerprint/fingerprint-image.ts";
import { neuralBits } from "../../src/fingerprint/neural.ts";
import { FINGERPRINT_VERSION } from "../../src/fingerprint/version.ts";
import { decodeForHashes } from "../../src/image/decode-image.ts";
import { createLogger } from "../../src/logger.ts";
import { checkGolden, type GoldenHashes, type GoldenPicture, type GoldenSet } from "../../src/worker/golden-check.ts";
import { checkGoldenNeural } from "../../src/worker/golden-neural.ts";
import { GOLDEN } from "../../src/worker/golden-pictures.ts";
import { createImageJobs } from "../../src/worker/image-jobs.ts";
import { createWorkerPool } from "../../src/worker/pool.ts";
import { renewGolden } from "../golden/renew.ts";
import { compiledProcess } from "../support/compiled-tests.ts";
import { createTestDatabase } from "../support/database.ts";
import { silentLogger } from "../support/scripted-pool.ts";

async function fingerprint(file: Uint8Array): Promise<GoldenHashes> {
  return fingerprintPixels((await decodeForHashes(file)).pixels);
}

/** The hash with its last `count` bits the other way round; at most 32. */
function flipBits(hash: string, count: number): string {
  const last = (Number.parseInt(hash.slice(-8), 16) ^ (2 ** count - 1)) >>> 0;
  return hash.slice(0, -8) + last.toString(16).padStart(8, "0");
}

function goldenNamed(name: string): GoldenPicture {
  const found = GOLDEN.pictures.find((picture) => picture.name === name);
  assert.ok(found);
  return found;
}

/** The golden set with one picture, and what "this build" finds in it. */
function check(golden: GoldenPicture, found: Partial<GoldenHashes>): Promise<void> {
  const { pdq, blockhash, variants } = golden;
  return checkGolden({ ...GOLDEN, pictures: [golden] }, async () => ({ pdq, blockhash, variants, ...found }));
}

test("this build hashes the golden pictures as it should", async () => {
  await checkGolden(GOLDEN, fingerprint);
});

test("every format that is decoded is among the golden pictures, and trimmed, turned and transparent ones", async () => {
  const decoded = await Promise.all(
    GOLDEN.pictures.map(async ({ base64 }) => decodeForHashes(Buffer.from(base64, "base64"))),
  );
  assert.deepEqual([...new Set(decoded.map(({ format }) => format))].sort(), ["avif", "gif", "jpeg", "png", "webp"]);
  for (const name of ["bordered.gif", "skewed.png"]) {
    assert.deepEqual(
      goldenNamed(name).variants.map(({ trimmed }) => trimmed),
      [false, true],
    );
  }
  const turned = decoded[GOLDEN.pictures.indexOf(goldenNamed("turned.jpeg"))];
  assert.ok(turned && turned.height > turned.width);
  assert.equal(Buffer.from(goldenNamed("alpha.png").base64, "base64").includes("tRNS"), true);
});

test("one bit of a lossless picture is refused, with its name, what was expected and what came out", async () => {
  const golden = goldenNamed("colours.png");
  const pdq = flipBits(golden.pdq ?? "", 1);
  await assert.rejects(check(golden, { pdq }), (error: Error) => {
    for (const part of ["golden picture colours.png", `pdq ${golden.pdq}`, pdq, "1 bits apart (0 allowed)"]) {
      assert.ok(error.message.includes(part), error.message);
    }
    return true;
  });
});

test("of a lossy picture two bits pass and three are refused, in each symmetry", async () => {
  const golden = goldenNamed("lossy.webp");
  const [whole] = golden.variants;
  assert.ok(whole);
  const moved = (count: number) => [
    { ...whole, blockhash: { ...whole.blockhash, transverse: flipBits(whole.blockhash.transverse, count) } },
  ];
  await check(golden, { variants: moved(2) });
  await assert.rejects(
    check(golden, { variants: moved(3) }),
    /lossy\.webp to have transverse blockhash .* 3 bits apart/,
  );
});

test("a picture that is no longer trimmed, hashed or decoded is refused", async () => {
  const golden = goldenNamed("bordered.gif");
  await assert.rejects(
    check(golden, { variants: golden.variants.slice(0, 1) }),
    /searched by whole and trimmed but received whole:/,
  );
  await assert.rejects(check(golden, { blockhash: null }), /blockhash [0-9a-f]{64} but received null:/);
  const broken = { ...golden, base64: golden.base64.slice(0, 100) };
  await assert.rejects(
    checkGolden({ ...GOLDEN, pictures: [broken] }, fingerprint),
    /bordered\.gif to be decoded but received Expected/,
  );
});

test("golden hashes of another fingerprint version are refused: both are raised together", async () => {
  const other: GoldenSet = { ...GOLDEN, fingerprintVersion: FINGERPRINT_VERSION - 1 };
  await assert.rejects(checkGolden(other, fingerprint), /npm run build:golden/);
});

test("a build whose hashes moved can't start a worker, and says which picture shows it", async () => {
  const workerScript = compiledProcess("moved-hash-worker");
  const pool = createWorkerPool({ modelPath: "/unused", workers: 1, workerScript, logger: silentLogger });
  await assert.rejects(pool.ready(), /can't start: Expected the golden picture colours\.png to have pdq/);
  await pool.close();
});

test("golden hashes are not made anew where they moved and the version was not raised", async () => {
  const upsideDown = async (file: Uint8Array) => {
    const { pixels } = await decodeForHashes(file);
    return fingerprintPixels({ ...pixels, data: pixels.data.toReversed() });
  };
  await assert.rejects(
    renewGolden(GOLDEN, GOLDEN.pictures, FINGERPRINT_VERSION, upsideDown, null),
    /raise FINGERPRINT_VERSION .*colours\.png/,
  );
  const raised = await renewGolden(GOLDEN, GOLDEN.pictures, FINGERPRINT_VERSION + 1, upsideDown, null);
  assert.equal(raised.fingerprintVersion, FINGERPRINT_VERSION + 1);
  assert.deepEqual(
    raised.pictures.map(({ base64 }) => base64),
    GOLDEN.pictures.map(({ base64 }) => base64),
  );
  assert.notEqual(raised.pictures[0]?.pdq, GOLDEN.pictures[0]?.pdq);
});

test("a new golden picture is added without a raised version, and the others stay as they are", async () => {
  const [first, ...others] = GOLDEN.pictures;
  assert.ok(first);
  const renewed = await renewGolden(
    { ...GOLDEN, pictures: others },
    GOLDEN.pictures,
    FINGERPRINT_VERSION,
    fingerprint,
    GOLDEN.neural,
  );
  assert.deepEqual(renewed, GOLDEN);
});

describe("a neural hash", () => {
  const hash = "0f".repeat(32);
  const golden = { ...GOLDEN, neural: { version: "model@1", picture: "turned.jpeg", hash } };

  test("four bits pass and five are refused, by the model it is of and no other", async () => {
    await checkGoldenNeural(golden, "model@1", async () => flipBits(hash, 4));
    for (const moved of [flipBits(hash, 5), null]) {
      await assert.rejects(
        checkGoldenNeural(golden, "model@1", async () => moved),
        /turned\.jpeg to have neural 0f/,
      );
    }
    for (const other of ["model@2", null]) await checkGoldenNeural(golden, other, async () => flipBits(hash, 5));
  });

  test("is not made anew where it moved and the model's version did not", async () => {
    const renew = (version: string) =>
      renewGolden(golden, GOLDEN.pictures, FINGERPRINT_VERSION, fingerprint, {
        ...golden.neural,
        version,
        hash: flipBits(hash, 5),
      });
    await assert.rejects(renew("model@1"), /neural/);
    assert.equal((await renew("model@2")).neural?.version, "model@2");
  });

  test("of the model that comes with the project is among the golden ones, as this build makes it", async () => {
    const classifier = await loadClassifier(readConfig({}).modelPath);
    try {
      const jobs = createImageJobs(classifier);
      const { neuralVersion } = jobs.model;
      assert.equal(GOLDEN.neural?.version ?? null, neuralVersion, "npm run build:golden");
      await checkGoldenNeural(GOLDEN, neuralVersion, async (file) => {
        const { neural } = await jobs.classify(0, file);
        return neural === null ? null : neuralBits(neural);
      });
    } finally {
      await classifier.close();
    }
  });
});

test("the service doesn't start with workers whose hashes moved, and says so in one line", async () => {
  const workerScript = compiledProcess("moved-hash-worker");
  const workers = createWorkerPool({ modelPath: "/unused", workers: 1, workerScript, logger: silentLogger });
  const database = await createTestDatabase();
  try {
    const config = { ...readConfig({}), databaseUrl: database.url };
    const start = createAppContext(config, { workers, logger: createLogger("silent") });
    await assert.rejects(start, (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /^Expected workers that can start, .* golden picture colours\.png .*\(npm ci\)$/);
      return true;
    });
  } finally {
    await workers.close();
    await database.drop();
  }
});
