import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type ServiceProcess, startServiceProcess } from "../support/service-process.ts";
import { BOMB_COUNT, bombs } from "./decoding/bombs.ts";
import { runCampaign } from "./decoding/campaign.ts";
import { hostileCorpus } from "./decoding/corpus.ts";
import type { HostileFile } from "./decoding/hostile-file.ts";
import { mutations } from "./decoding/mutations.ts";
import { WAYS } from "./decoding/send-file.ts";
import { describeResult } from "./decoding/table.ts";

// A sample of what `npm run test:hostile` sends.

const ADMIN_KEY = "admin-key-of-the-hostile-tests";
const CORPUS_FILES = 100;
const MUTATIONS = 60;

let database: TestDatabase;
let temporaryFolder: string;
let service: ServiceProcess;

before(async () => {
  database = await createTestDatabase();
  temporaryFolder = await mkdtemp(join(tmpdir(), "lookalike-hostile-"));
  service = await startServiceProcess({
    DATABASE_URL: database.url,
    ADMIN_KEY,
    ALLOW_PRIVATE_URLS: "true",
    // Each file is sent once the one before it is answered, but a busy machine takes seconds to replace a worker.
    WORKER_WAIT_MS: "30000",
    WORKERS: "2",
    LOG_LEVEL: "warn",
    TMPDIR: temporaryFolder,
  });
});

after(async () => {
  service.child.kill("SIGTERM");
  await service.exited;
  await database.drop();
  await rm(temporaryFolder, { recursive: true, force: true });
});

test("there are at least 60 bombs, and the same seed gives the same mutations", async () => {
  assert.ok(BOMB_COUNT >= 60, `${BOMB_COUNT}`);
  const twice = await Promise.all([collect(mutations(7, 10)), collect(mutations(7, 10))]);
  assert.deepEqual(twice[0], twice[1]);
  assert.notDeepEqual(twice[0], await collect(mutations(8, 10)));
});

test("no hostile file ends the service, makes it answer 5xx or late, or changes a good photo's hashes", async (t) => {
  const corpus = hostileCorpus();
  t.diagnostic(
    corpus === null ? "3,300 files of the shared archive skipped: it is absent" : `${corpus.length} files there`,
  );
  const every = Math.max(1, Math.floor((corpus?.length ?? 0) / CORPUS_FILES));
  const sample = (corpus ?? []).filter((_, number) => number % every === 0);

  async function* files(): AsyncGenerator<HostileFile> {
    yield* sample;
    yield* bombs({ quick: true });
    yield* mutations(1, MUTATIONS);
  }
  const result = await runCampaign({
    service,
    adminKey: ADMIN_KEY,
    temporaryFolder,
    files: files(),
    waysOf: (number) => [WAYS[number % WAYS.length] ?? "raw"],
    // As many as there are workers: none has to wait.
    atOnce: 2,
    canaryEvery: 25,
  });
  t.diagnostic(describeResult(result));
  assert.deepEqual(result.violations, []);
  assert.ok(result.files >= sample.length + 60 + MUTATIONS);
  assert.ok(result.songs >= 10);
});

async function collect(files: AsyncIterable<HostileFile>): Promise<HostileFile[]> {
  const all: HostileFile[] = [];
  for await (const file of files) all.push(file);
  return all;
}
