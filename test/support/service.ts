import { createAppContext } from "../../src/app-context.ts";
import { type Config, readConfig } from "../../src/config.ts";
import { createApp } from "../../src/http/app.ts";
import { listen } from "../../src/http/listen.ts";
import { createLogger } from "../../src/logger.ts";
import type { AppContext } from "../../src/services/context.ts";
import type { WorkerPool } from "../../src/worker/pool.ts";
import { BUILT_WORKER } from "./build-service.ts";
import { createTestDatabase } from "./database.ts";

/** A whole service on a real socket and a database of its own, inside the test's process. */
export interface TestService {
  /** `http://127.0.0.1:<port>`, without a slash at its end. */
  readonly url: string;
  /** Of the database, for another service on the same one. */
  readonly databaseUrl: string;
  /** A key with every scope and no limit. */
  readonly adminKey: string;
  readonly context: AppContext;
  /** `fetch` of a path, with the admin key unless the headers say otherwise. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Makes a key by the API and gives its answer. */
  createKey(fields: object): Promise<{ id: string; key: string; secret: string }>;
  close(): Promise<void>;
}

export interface TestServiceOptions {
  /** Settings that differ from the defaults. */
  readonly config?: Partial<Config>;
  /** A database to share; by default a new one, removed at the end. */
  readonly databaseUrl?: string;
  /** Workers to share; by default the service starts its own. */
  readonly workers?: WorkerPool;
}

const ADMIN_KEY = "admin-key-for-the-tests-only";

export async function startService(options: TestServiceOptions = {}): Promise<TestService> {
  const database = options.databaseUrl === undefined ? await createTestDatabase() : null;
  const databaseUrl = database?.url ?? options.databaseUrl ?? "";
  const config: Config = {
    ...readConfig({ ADMIN_KEY }),
    databaseUrl,
    databasePoolSize: 8,
    workers: 1,
    allowPrivateUrls: true,
    // Every test asks from the same address.
    authFailuresPerMinute: 0,
    ...options.config,
  };
  const opened = await createAppContext(config, {
    logger: createLogger("silent"),
    workerScript: BUILT_WORKER,
    ...(options.workers !== undefined && { workers: options.workers }),
  });
  const server = await listen(createApp(opened.context), opened.context, "127.0.0.1", 0);
  const firstAdminKey = await opened.begin();
  const adminKey = config.adminKey ?? firstAdminKey ?? "";
  const url = `http://127.0.0.1:${server.port}`;
  const request: TestService["request"] = (path, init = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization")) headers.set("authorization", `Bearer ${adminKey}`);
    return fetch(url + path, { ...init, headers });
  };
  return {
    url,
    databaseUrl,
    adminKey,
    context: opened.context,
    request,
    async createKey(fields) {
      const body = JSON.stringify(fields);
      const response = await request("/v1/keys", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      if (response.status !== 201) throw new Error(`No key was made: ${await response.text()}`);
      return (await response.json()) as { id: string; key: string; secret: string };
    },
    async close() {
      await server.close(2000);
      await opened.close();
      await database?.drop();
    },
  };
}

/** Runs `use` with another service on the same database and workers that has other settings, and closes it behind that. */
export async function withSettings(
  service: TestService,
  config: Partial<Config>,
  use: (other: TestService) => Promise<void>,
): Promise<void> {
  const { databaseUrl, context } = service;
  const other = await startService({ databaseUrl, workers: context.workers, config });
  try {
    await use(other);
  } finally {
    await other.close();
  }
}

/** Another service on the same workers whose database is away. */
export async function startWithoutDatabase({ databaseUrl, context }: TestService): Promise<TestService> {
  const cut = await startService({ databaseUrl, workers: context.workers });
  await cut.context.db.pool.end();
  // Its database is closed already.
  return { ...cut, close: () => cut.close().catch(() => {}) };
}
