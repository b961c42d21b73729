import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { ConfigError } from "./config-error.ts";
import { parseProxyTrust } from "./proxy-trust.ts";

/** The vendor surfaces that exist; COMPAT names those to serve. */
export const COMPAT_SURFACES = [
  "nsfw-categorize",
  "sightengine",
  "imagga",
  "pict-rs",
  "misskey",
  "pleroma",
  "moderatecontent",
  "openai",
  "azure-content-moderator",
  "hma",
] as const;
export type CompatSurface = (typeof COMPAT_SURFACES)[number];

const bundledModel = fileURLToPath(new URL("../models/nsfw-mobilenet-v2.onnx", import.meta.url));

const flag = z.enum(["true", "false"]).transform((value) => value === "true");
const wholeNumber = (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum);
const probability = z.coerce.number().min(0).max(1);
const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ });
/** A probability, or `off`. */
const optionalProbability = z.union([z.literal("off").transform(() => null), probability]);
/** What reaches us unchanged in a header: Node reads those as Latin-1 and cuts blanks at both ends. */
const headerText = z
  .string()
  .regex(/^[!-~]([ -~]*[!-~])?$/, "expected printable ASCII characters, with no blank at either end");

/** Every setting with its default; docs/configuration.md lists the same, and a test compares the two. */
const SETTINGS = {
  PORT: wholeNumber(0, 65535).default(8080),
  HOST: z.string().default("127.0.0.1"),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_POOL_SIZE: wholeNumber(2, 200).default(16),
  DATABASE_TIMEOUT_MS: wholeNumber(100, 600_000).default(2000),
  REPLICA_URLS: z.string().default("none"),
  FINGERPRINT_PARTITIONS: wholeNumber(1, 64).default(1),
  HOT_INDEX_MB: wholeNumber(0, 1_000_000).default(512),
  DATA_DIR: z.string().default("./data"),
  ADMIN_KEY: headerText.min(24).optional(),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  FREE_CALLS_PER_DAY: wholeNumber(0, 1_000_000_000).default(10),
  AUTH_FAILURES_PER_MINUTE: wholeNumber(0, 1_000_000).default(20),
  TRUST_PROXY: z.string().default("false"),
  ALLOW_PRIVATE_URLS: flag.default(false),
  METRICS_PUBLIC: flag.default(false),
  WORKERS: wholeNumber(1, 256).default(Math.max(1, availableParallelism())),
  WORKER_QUEUE: wholeNumber(1, 100_000).default(256),
  WORKER_WAIT_MS: wholeNumber(0, 30_000).default(3_000),
  MAX_REQUESTS: wholeNumber(1, 100_000).default(256),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(1_024),
  FETCHES_AT_ONCE: wholeNumber(1, 100_000).default(224),
  MODEL_PATH: z.string().default(bundledModel),
  BLOCK_THRESHOLD: probability.default(0.85),
  REVIEW_THRESHOLD: probability.default(0.5),
  SUGGESTIVE_REVIEW_THRESHOLD: optionalProbability.default(null),
  COMPAT: z.string().default(COMPAT_SURFACES.join(",")),
  UPLOAD_STORE_MB: wholeNumber(0, 1_000_000).default(256),
  FEEDBACK_PER_KEY: wholeNumber(0, 1_000_000).default(10_000),
  KEEP_FEEDBACK_IMAGES: flag.default(false),
  FEEDBACK_IMAGES_MB_PER_KEY: wholeNumber(0, 1_000_000).default(256),
} as const;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** Score thresholds, 0..1, inclusive. */
export interface ScorePolicy {
  /** Sum of the unsafe labels' scores from which an image is blocked. */
  readonly block: number;
  /** The same sum from which an image goes to review. */
  readonly review: number;
  /** Sum of the suggestive labels' scores from which an image goes to review; null: never. */
  readonly suggestiveReview: number | null;
}

/** The service's settings, read once at start. Holds secrets: log `describeConfig(config)` instead. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly databaseUrl: string | null;
  readonly databasePoolSize: number;
  /** Longest one statement of a request may take, in milliseconds. */
  readonly databaseTimeoutMs: number;
  /** Of streaming replicas of the database. */
  readonly replicaUrls: readonly string[];
  /** Partitions of each table of fingerprints, counted when the database is first made. */
  readonly fingerprintPartitions: number;
  /** Most mebibytes of searched rows in memory; 0: none. */
  readonly hotIndexMb: number;
  /** Absolute path. */
  readonly dataDir: string;
  readonly adminKey: string | null;
  readonly logLevel: string;
  readonly freeCallsPerDay: number;
  /** Wrong credentials that an address may present a minute, and as many at once; 0: any number. */
  readonly authFailuresPerMinute: number;
  /** What `parseProxyTrust` takes. */
  readonly trustProxy: string;
  readonly allowPrivateUrls: boolean;
  readonly metricsPublic: boolean;
  readonly workers: number;
  /** Images that may wait for a worker before new ones are refused. */
  readonly workerQueue: number;
  /** Longest that a new image may be expected to wait for a worker before it is refused, in milliseconds. */
  readonly workerWaitMs: number;
  /** Requests under way at one time before others are refused. */
  readonly maxRequests: number;
  readonly maxConnections: number;
  /** URLs that are fetched at one time before others are refused; a caller may have a quarter of them. */
  readonly fetchesAtOnce: number;
  /** Absolute path of an ONNX file with its JSON sidecar beside it. */
  readonly modelPath: string;
  readonly scorePolicy: ScorePolicy;
  readonly compat: readonly CompatSurface[];
  /** Most mebibytes of uploads that are kept for a later call, of all callers together; 0: none. */
  readonly uploadStoreMb: number;
  /** Most feedback that is kept of one key. */
  readonly feedbackPerKey: number;
  /** Whether pictures that came with feedback are stored. */
  readonly keepFeedbackImages: boolean;
  /** Most mebibytes of them that are kept of one key. */
  readonly feedbackImagesMbPerKey: number;
}

function parseList(value: string): string[] {
  return value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "none");
}

/** The faulty URL is not repeated: it may hold a password. */
function parseReplicaUrls(value: string): string[] {
  const urls = parseList(value);
  if (urls.every((url) => postgresUrl.safeParse(url).success)) return urls;
  throw new ConfigError("Expected a comma list of postgresql:// URLs (a comma in a password as %2C) for REPLICA_URLS");
}

function parseCompat(value: string): CompatSurface[] {
  return parseList(value).map((name) => {
    const surface = COMPAT_SURFACES.find((known) => known === name);
    if (surface === undefined) {
      throw new ConfigError(
        `Expected a comma list of ${COMPAT_SURFACES.join(", ")} or none for COMPAT but received ${name}`,
      );
    }
    return surface;
  });
}

/**
 * Reads the settings from environment variables; an empty value counts as not set.
 * @throws ConfigError naming every setting that is not valid
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(
    SETTING_NAMES.map((name) => [name, environment[name] === "" ? undefined : environment[name]]),
  );
  const parsed = z.object(SETTINGS).safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new ConfigError(`These settings are not valid:\n  ${faults.join("\n  ")}`);
  }
  const value = parsed.data;
  parseProxyTrust(value.TRUST_PROXY);
  if (value.REVIEW_THRESHOLD > value.BLOCK_THRESHOLD) {
    throw new ConfigError(
      `Expected at most BLOCK_THRESHOLD (${value.BLOCK_THRESHOLD}) for REVIEW_THRESHOLD but received ${value.REVIEW_THRESHOLD}`,
    );
  }
  return {
    port: value.PORT,
    host: value.HOST,
    databaseUrl: value.DATABASE_URL ?? null,
    databasePoolSize: value.DATABASE_POOL_SIZE,
    databaseTimeoutMs: value.DATABASE_TIMEOUT_MS,
    replicaUrls: parseReplicaUrls(value.REPLICA_URLS),
    fingerprintPartitions: value.FINGERPRINT_PARTITIONS,
    hotIndexMb: value.HOT_INDEX_MB,
    dataDir: resolve(value.DATA_DIR),
    adminKey: value.ADMIN_KEY ?? null,
    logLevel: value.LOG_LEVEL,
    freeCallsPerDay: value.FREE_CALLS_PER_DAY,
    authFailuresPerMinute: value.AUTH_FAILURES_PER_MINUTE,
    trustProxy: value.TRUST_PROXY,
    allowPrivateUrls: value.ALLOW_PRIVATE_URLS,
    metricsPublic: value.METRICS_PUBLIC,
    workers: value.WORKERS,
    workerQueue: value.WORKER_QUEUE,
    workerWaitMs: value.WORKER_WAIT_MS,
    maxRequests: value.MAX_REQUESTS,
    maxConnections: value.MAX_CONNECTIONS,
    fetchesAtOnce: value.FETCHES_AT_ONCE,
    modelPath: resolve(value.MODEL_PATH),
    scorePolicy: {
      block: value.BLOCK_THRESHOLD,
      review: value.REVIEW_THRESHOLD,
      suggestiveReview: value.SUGGESTIVE_REVIEW_THRESHOLD,
    },
    compat: parseCompat(value.COMPAT),
    uploadStoreMb: value.UPLOAD_STORE_MB,
    feedbackPerKey: value.FEEDBACK_PER_KEY,
    keepFeedbackImages: value.KEEP_FEEDBACK_IMAGES,
    feedbackImagesMbPerKey: value.FEEDBACK_IMAGES_MB_PER_KEY,
  };
}

/** The settings without secrets, for the log. */
export function describeConfig(config: Config): Record<string, unknown> {
  const { databaseUrl, replicaUrls, adminKey, ...open } = config;
  return {
    ...open,
    database: databaseUrl === null ? "embedded" : "server",
    replicas: replicaUrls.length,
    adminKey: adminKey === null ? "made" : "set",
  };
}
