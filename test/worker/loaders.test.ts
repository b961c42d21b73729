import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { createAppContext } from "../../src/app-context.ts";
import { readConfig } from "../../src/config.ts";
import { ConfigError } from "../../src/config-error.ts";
import { checkLoaders } from "../../src/image/check-loaders.ts";
import { loaderSamples } from "../../src/image/loader-samples.ts";
import { createLogger } from "../../src/logger.ts";
import { GOLDEN } from "../../src/worker/golden-pictures.ts";
import { createWorkerPool, type WorkerPool } from "../../src/worker/pool.ts";
import { WORKER_ENVIRONMENT } from "../../src/worker/worker-command.ts";
import { compiledProcess } from "../support/compiled-tests.ts";
import { createTestDatabase } from "../support/database.ts";
import { silentLogger } from "../support/scripted-pool.ts";

const PICTURES = GOLDEN.pictures.map(({ base64 }) => Buffer.from(base64, "base64"));

/** What a process decodes in which nothing is blocked but by these variables. */
async function unblocked(environment: Record<string, string>): Promise<{ memory: string[]; disk: string[] }> {
  const script = fileURLToPath(compiledProcess("unblocked-decoder"));
  const { stdout } = await promisify(execFile)(process.execPath, [script], { env: environment });
  return JSON.parse(stdout);
}

function poolWithOpen(operation: string): WorkerPool {
  const workerScript = compiledProcess("open-loader-worker");
  return createWorkerPool({ modelPath: operation, workers: 1, workerScript, logger: silentLogger });
}

test("the self-test passes here, and finds no family of the list open", async () => {
  await checkLoaders(PICTURES);
});

test("it tries SVG, PDF, TIFF, MATLAB, raw and every family that libvips calls untrusted", () => {
  const families =
    "SVG, PDF, TIFF, MATLAB level 5, camera raw (Canon), raw pixels, PPM, Radiance, FITS, Analyze, NIfTI, OpenEXR, OpenSlide, " +
    "JPEG 2000, JPEG XL, CSV, libvips, matrix, ImageMagick MVG, ImageMagick MSL";
  const tried = new Set(loaderSamples().map(({ name }) => name));
  for (const family of families.split(", ")) assert.ok(tried.has(family), family);
});

test("its files are real ones: a decoder that nobody closed decodes each for which it has a loader", async () => {
  const opened = await unblocked({});
  assert.deepEqual(opened.memory, ["SVG", "SVG (compressed)", "TIFF", "camera raw (Canon)"]);
  assert.deepEqual(opened.disk, ["SVG", "SVG (compressed)", "TIFF", "libvips", "camera raw (Canon)"]);
});

test("the variable that workers get closes the untrusted loaders by itself", async () => {
  const { VIPS_BLOCK_UNTRUSTED } = WORKER_ENVIRONMENT;
  assert.ok(VIPS_BLOCK_UNTRUSTED);
  const { memory, disk } = await unblocked({ VIPS_BLOCK_UNTRUSTED });
  assert.deepEqual([...memory, ...disk].sort(), ["TIFF", "TIFF", "camera raw (Canon)", "camera raw (Canon)"]);
});

for (const [operation, opened] of [
  ["VipsForeignLoadTiffBuffer", /the decoder opens TIFF, camera raw \(Canon\):/],
  ["VipsForeignLoadSvgBuffer", /the decoder opens SVG, SVG \(compressed\):/],
  ["VipsForeignLoadTiffFile", /the decoder opens TIFF as a file on disk, camera raw \(Canon\) as a file on disk:/],
  ["VipsForeignLoadVipsFile", /the decoder opens libvips as a file on disk:/],
  ["VipsForeignLoadJpegFile", /the decoder opens JPEG as a file on disk/],
  ["VipsForeignLoad", /the decoder opens SVG, SVG \(compressed\), TIFF, .*libvips as a file on disk/],
] as const) {
  test(`a worker in which ${operation} is open can't start, and says what it opens`, async () => {
    const pool = poolWithOpen(operation);
    await assert.rejects(pool.ready(), (error: Error) => {
      assert.match(error.message, /^The image workers can't start: Expected no loader but those of JPEG, PNG, WebP/);
      assert.match(error.message, opened);
      return true;
    });
    await pool.close();
  });
}

test("a file that the product itself would decode is named as such", async () => {
  const [bytes] = PICTURES;
  assert.ok(bytes);
  await assert.rejects(checkLoaders([], [{ name: "MSL", suffix: ".msl", bytes }]), /the decoder opens MSL by upload:/);
});

test("the service doesn't start with a loader open, and says so in one line", async () => {
  const workers = poolWithOpen("VipsForeignLoadSvgBuffer");
  const database = await createTestDatabase();
  try {
    const config = { ...readConfig({}), databaseUrl: database.url };
    const start = createAppContext(config, { workers, logger: createLogger("silent") });
    await assert.rejects(start, (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(
        error.message,
        /^Expected workers that can start, .* the decoder opens SVG, SVG \(compressed\): .*$/,
      );
      return true;
    });
  } finally {
    await workers.close();
    await database.drop();
  }
});

test("started as its users start it, the service ends with 1 where a loader is open in its workers", async () => {
  const database = await createTestDatabase();
  try {
    // What loads TypeScript goes along to the workers, and the preload with it.
    const preload = new URL("../support/open-tiff.ts", import.meta.url).href;
    const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
    const service = promisify(execFile)(process.execPath, ["--import", "tsx", "--import", preload, main], {
      env: { PATH: process.env.PATH ?? "", DATABASE_URL: database.url, PORT: "0", WORKERS: "1" },
    });
    await assert.rejects(service, (error: Error & { code: number; stderr: string; stdout: string }) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr, /^Lookalike can't start: Expected workers .* the decoder opens TIFF, camera raw/m);
      assert.equal(error.stdout, "");
      return true;
    });
  } finally {
    await database.drop();
  }
});

test("the libvips that sharp brings is 8.18.3 or newer, which closed the holes known in its loaders", () => {
  const [major = 0, minor = 0, patch = 0] = sharp.versions.vips.split(".").map(Number);
  assert.ok(major * 1e6 + minor * 1e3 + patch >= 8_018_003, `libvips ${sharp.versions.vips}`);
});
