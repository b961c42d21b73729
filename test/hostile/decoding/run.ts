import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { DatabaseConnection } from "../../../src/db/client.ts";
import { startEmbeddedPostgres } from "../../../src/db/embedded/start-embedded-postgres.ts";
import { buildService } from "../../support/build-service.ts";
import { connectionUrl, execute, quietLogger, withDatabase } from "../../support/database.ts";
import { startServiceProcess } from "../../support/service-process.ts";
import { BOMB_COUNT, bombs } from "./bombs.ts";
import { runCampaign } from "./campaign.ts";
import { hostileCorpus } from "./corpus.ts";
import type { HostileFile } from "./hostile-file.ts";
import { mutations } from "./mutations.ts";
import type { Way } from "./send-file.ts";
import { describeResult } from "./table.ts";

// npm run test:hostile -- [--sample N] [--mutations 2000] [--urls 2000] [--seed 1] [--workers 2]
// [--at-once 4]
//
// Sends every file of the shared archive, every generated bomb and seeded mutations of good files to a service process of
// its own, by upload as raw body and as form, and `urls` of them by URL as well. With --sample only about N of the files
// of the archive, spread evenly. Ends with exit code 1 where an answer was neither 200 nor a clean 4xx problem, took more
// than 10 s, or the service ended, leaked or hashed a good photo otherwise than before.

const ADMIN_KEY = "admin-key-of-the-hostile-runs-only";
const PROGRESS_MS = 5_000;

const { values } = parseArgs({
  options: {
    sample: { type: "string" },
    mutations: { type: "string", default: "2000" },
    urls: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "2" },
    "at-once": { type: "string", default: "4" },
  },
});

const corpus = hostileCorpus();
if (corpus === null) console.error("The shared archive is not beside the project: its files are left out");
const every = Math.max(1, Math.floor((corpus?.length ?? 0) / Number(values.sample ?? corpus?.length ?? 1)));
const chosen = (corpus ?? []).filter((_, number) => number % every === 0);
const expected = chosen.length + BOMB_COUNT + Number(values.mutations);
const urlEvery = Math.max(1, Math.floor(expected / Number(values.urls)));

async function* files(): AsyncGenerator<HostileFile> {
  yield* bombs();
  yield* chosen;
  yield* mutations(Number(values.seed), Number(values.mutations));
}

function waysOf(number: number): readonly Way[] {
  return number % urlEvery === 0 ? ["raw", "multipart", "url"] : ["raw", "multipart"];
}

interface ScriptDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** A new database on the server of DATABASE_URL, or on an embedded engine of this script's own. */
async function openDatabase(): Promise<ScriptDatabase> {
  const server = process.env.DATABASE_URL;
  if (server) return createDatabase({ connectionString: server }, async () => {});
  const dataDir = await mkdtemp(join(tmpdir(), "lookalike-hostile-"));
  // mkdtemp closes it to the user that root's engine runs as.
  await chmod(dataDir, 0o711);
  const engine = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  return createDatabase(engine.connection, async () => {
    await engine.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
}

async function createDatabase(server: DatabaseConnection, release: () => Promise<void>): Promise<ScriptDatabase> {
  const name = `lookalike_hostile_${randomBytes(6).toString("hex")}`;
  await execute(server, `create database ${name}`);
  return {
    url: connectionUrl(withDatabase(server, name)),
    async drop() {
      await execute(server, `drop database ${name} with (force)`);
      await release();
    },
  };
}

const database = await openDatabase();
const temporaryFolder = await mkdtemp(join(tmpdir(), "lookalike-hostile-files-"));
try {
  await buildService();
  const service = await startServiceProcess({
    DATABASE_URL: database.url,
    ADMIN_KEY,
    ALLOW_PRIVATE_URLS: "true",
    WORKER_WAIT_MS: "30000",
    WORKERS: values.workers,
    LOG_LEVEL: "warn",
    TMPDIR: temporaryFolder,
  });
  try {
    const startMs = performance.now();
    let toldMs = startMs;
    const result = await runCampaign({
      service,
      adminKey: ADMIN_KEY,
      temporaryFolder,
      files: files(),
      waysOf,
      atOnce: Number(values["at-once"]),
      canaryEvery: 100,
      onProgress(sent, violations) {
        if (performance.now() - toldMs < PROGRESS_MS) return;
        toldMs = performance.now();
        const seconds = Math.round((toldMs - startMs) / 1000);
        console.error(`${seconds} s: ${sent} answers to about ${expected} files, ${violations} violations`);
      },
    });
    console.log(describeResult(result));
    if (result.violations.length > 0) process.exitCode = 1;
  } finally {
    service.child.kill("SIGTERM");
    await service.exited;
  }
} finally {
  await database.drop();
  await rm(temporaryFolder, { recursive: true, force: true });
}
