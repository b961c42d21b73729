import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  date,
  doublePrecision,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import type { DetailCause } from "../fingerprint/fingerprint.ts";
import { bits256, bytes, hexBytes, xid8 } from "./columns.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });
const id64 = (name: string) => bigint(name, { mode: "bigint" });

/** One rule of a workflow: what it looks at, from when on, and what it does then. */
export interface WorkflowRule {
  /** A label of the model, `unsafe` or `suggestive` for the sums of those labels; or a list that the picture matches. */
  readonly when: { readonly score: string; readonly at_least: number } | { readonly list: string };
  readonly action: "accept" | "reject" | "review";
  /** Why, for whoever reads the answer. */
  readonly text: string;
}

/** Short texts by name. */
export type Metadata = Readonly<Record<string, string>>;

/** One picture that was checked, known by the SHA-256 of its bytes; the bytes themselves are never stored. */
export const image = pgTable(
  "image",
  {
    id: id64("id").primaryKey().generatedAlwaysAsIdentity(),
    sha256: hexBytes("sha256").notNull().unique(),
    sha1: hexBytes("sha1").notNull(),
    md5: hexBytes("md5").notNull(),
    byteLength: integer("byte_length").notNull(),
    format: text("format").notNull(),
    width: integer("width").notNull(),
    height: integer("height").notNull(),
    frames: integer("frames").notNull(),
    /** The eight PDQ hashes in the order of TRANSFORMS, 8 x 32 bytes: a repeat is matched in all of them undecoded. */
    pdqTransforms: hexBytes("pdq_transforms"),
    pdqQuality: smallint("pdq_quality").notNull(),
    blockhash: hexBytes("blockhash"),
    /** The eight blockhashes in the order of TRANSFORMS, 8 x 32 bytes; null in rows of fingerprint version 1. */
    blockhashTransforms: hexBytes("blockhash_transforms"),
    /** Of the picture without its uniform borders: eight PDQ hashes, then eight blockhashes. Null: not searched trimmed. */
    trimmedTransforms: hexBytes("trimmed_transforms"),
    detail: text("detail", { enum: ["sufficient", "insufficient"] }).notNull(),
    /** Why the whole picture isn't searched by its looks; null where it is. */
    detailCause: text("detail_cause").$type<DetailCause>(),
    fingerprintVersion: smallint("fingerprint_version").notNull(),
    /** 256 numbers by the model `neural_version`, a byte each (fingerprint/neural.ts); both null where it never ran. */
    neural: hexBytes("neural"),
    neuralVersion: text("neural_version"),
    model: text("model"),
    scores: json("scores").$type<Record<string, number>>(),
    /** The image whose scores were reused; null where the model ran on this one. */
    scoresFrom: id64("scores_from"),
    timesSeen: bigint("times_seen", { mode: "number" }).notNull().default(0),
    firstSeenAt: instant("first_seen_at").notNull().defaultNow(),
    lastSeenAt: instant("last_seen_at").notNull().defaultNow(),
  },
  (table) => [index("image_sha1").on(table.sha1), index("image_md5").on(table.md5)],
);

/** One time an image was checked, and what was answered. */
export const sighting = pgTable(
  "sighting",
  {
    id: text("id").primaryKey(),
    imageId: id64("image_id")
      .notNull()
      .references(() => image.id),
    keyId: text("key_id"),
    verdict: text("verdict", { enum: ["allow", "review", "block"] }).notNull(),
    units: smallint("units").notNull(),
    seenAt: instant("seen_at").notNull().defaultNow(),
  },
  (table) => [index("sighting_image").on(table.imageId)],
);

export const list = pgTable(
  "list",
  {
    id: id64("id").primaryKey().generatedAlwaysAsIdentity(),
    name: text("name").notNull(),
    /** `names`: its entries are patterns of names, not pictures. */
    kind: text("kind", { enum: ["disallow", "allow", "names"] }).notNull(),
    action: text("action", { enum: ["block", "review"] }).notNull(),
    /** Largest matching distance in bits, inclusive; 0 matches equal hashes only. */
    pdqThreshold: smallint("pdq_threshold").notNull(),
    blockhashThreshold: smallint("blockhash_threshold").notNull(),
    /** Both together match, in the same look; 0 and 0 add nothing to the two above. */
    agreementPdqThreshold: smallint("agreement_pdq_threshold").notNull().default(0),
    agreementBlockhashThreshold: smallint("agreement_blockhash_threshold").notNull().default(0),
    neuralThreshold: smallint("neural_threshold").notNull().default(0),
    /** Of the vectors behind the neural hashes, thousandths of 1 - cosine; both thresholds must hold. */
    neuralVectorThreshold: smallint("neural_vector_threshold").notNull().default(0),
    /** `robust`: the neural hash counts too, unless a request says otherwise. */
    match: text("match", { enum: ["fast", "robust"] })
      .notNull()
      .default("fast"),
    description: text("description").notNull().default(""),
    /** The owner's own facts about it; nothing here reads them. */
    metadata: jsonb("metadata").$type<Metadata>().notNull().default({}),
    enabled: boolean("enabled").notNull().default(true),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
    deletedAt: instant("deleted_at"),
  },
  (table) => [uniqueIndex("list_name").on(table.name).where(sql`deleted_at is null`)],
);

/** One picture, or pattern of names, in a list. Lifting a ban disables its entry; entries are never deleted. */
export const entry = pgTable(
  "entry",
  {
    id: id64("id").primaryKey().generatedAlwaysAsIdentity(),
    listId: id64("list_id")
      .notNull()
      .references(() => list.id),
    /** What makes it the same entry when it is added again: the image's SHA-256, or where that is unknown one of all hashes. */
    identity: hexBytes("identity").notNull(),
    customId: text("custom_id"),
    note: text("note").notNull().default(""),
    metadata: jsonb("metadata").$type<Metadata>().notNull().default({}),
    source: text("source", { enum: ["image", "url", "hashes", "pattern"] }).notNull(),
    /** Of a list of names; both null in every other. */
    pattern: text("pattern"),
    patternSyntax: text("pattern_syntax", { enum: ["substring", "wildcard", "regex"] }),
    sha256: hexBytes("sha256"),
    sha1: hexBytes("sha1"),
    md5: hexBytes("md5"),
    pdq: hexBytes("pdq"),
    pdqQuality: smallint("pdq_quality"),
    blockhash: hexBytes("blockhash"),
    /** Of the picture without its uniform borders; null where it isn't searched trimmed. */
    trimmedPdq: hexBytes("trimmed_pdq"),
    trimmedBlockhash: hexBytes("trimmed_blockhash"),
    /** `insufficient`: matched by its exact hashes only. */
    detail: text("detail", { enum: ["sufficient", "insufficient"] }).notNull(),
    /** Why the whole picture isn't searched by its looks; null where it is. */
    detailCause: text("detail_cause").$type<DetailCause>(),
    /** Of the perceptual hashes; null where they were given from outside. */
    fingerprintVersion: smallint("fingerprint_version"),
    neural: hexBytes("neural"),
    neuralVersion: text("neural_version"),
    /** Where the picture was fetched from. */
    sourceUrl: text("source_url"),
    enabled: boolean("enabled").notNull().default(true),
    expiresAt: instant("expires_at"),
    createdBy: text("created_by").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [
    unique("entry_identity").on(table.listId, table.identity),
    // For pages of a list: by the primary key alone those of a small one would be looked for among all others' entries. Not on
    // the id itself: a search prepared on a small table would look entries up in it by the id, which doesn't come first.
    index("entry_order").on(table.listId, sql`(id + 0)`),
    index("entry_custom_id").on(table.listId, table.customId),
    index("entry_sha256").on(table.sha256).where(sql`sha256 is not null`),
    index("entry_sha1").on(table.sha1).where(sql`sha1 is not null`),
    index("entry_md5").on(table.md5).where(sql`md5 is not null`),
  ],
);

/**
 * Which patterns the lists of names hold: a list's rows together are its version. Whatever transaction changes a pattern adds a
 * row, and takes away those that no other transaction is about to (migration 0010): so none waits for another. The numbers are
 * random, so that no two states have the same ones, not even one that a server lost when it crashed.
 */
export const namesVersion = pgTable(
  "names_version",
  {
    version: uuid("version").primaryKey(),
    listId: id64("list_id")
      .notNull()
      .references(() => list.id),
  },
  (table) => [index("names_version_list").on(table.listId)],
);

/**
 * The hashes that are searched by distance, one table for each owner and kind, bits in index order (near-bits.ts). A
 * picture may have two rows: `variant` 0 is the whole picture, 1 what its uniform borders leave. The eleven chunk indexes
 * are written by hand in the migrations.
 */
const searchedColumns = {
  bits: bits256("bits").notNull(),
  variant: smallint("variant").notNull().default(0),
};
const entryColumns = () => ({
  entryId: id64("entry_id")
    .notNull()
    .references(() => entry.id),
  ...searchedColumns,
});
const imageColumns = () => ({
  imageId: id64("image_id")
    .notNull()
    .references(() => image.id),
  ...searchedColumns,
});
export const entryPdq = pgTable("entry_pdq", entryColumns(), (table) => [
  primaryKey({ name: "entry_pdq_pkey", columns: [table.entryId, table.variant] }),
]);
export const entryBlockhash = pgTable("entry_blockhash", entryColumns(), (table) => [
  primaryKey({ name: "entry_blockhash_pkey", columns: [table.entryId, table.variant] }),
]);
export const entryNeural = pgTable("entry_neural", entryColumns(), (table) => [
  primaryKey({ name: "entry_neural_pkey", columns: [table.entryId, table.variant] }),
]);
export const imagePdq = pgTable("image_pdq", imageColumns(), (table) => [
  primaryKey({ name: "image_pdq_pkey", columns: [table.imageId, table.variant] }),
]);
export const imageBlockhash = pgTable("image_blockhash", imageColumns(), (table) => [
  primaryKey({ name: "image_blockhash_pkey", columns: [table.imageId, table.variant] }),
]);

export const apiKey = pgTable("api_key", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  /** SHA-256 of the secret; null for the key that the configuration fixes. */
  secretHash: hexBytes("secret_hash"),
  scopes: text("scopes").array().notNull(),
  /** Units in one period; null for no limit. */
  quotaLimit: bigint("quota_limit", { mode: "number" }),
  quotaPeriod: text("quota_period", { enum: ["day", "month", "none"] }).notNull(),
  /** Units used or reserved since `period_started_at`. */
  used: bigint("used", { mode: "number" }).notNull().default(0),
  periodStartedAt: instant("period_started_at").notNull().defaultNow(),
  /** Score thresholds of this key, 0..1; null takes the service's. */
  blockThreshold: doublePrecision("block_threshold"),
  reviewThreshold: doublePrecision("review_threshold"),
  suggestiveReviewThreshold: doublePrecision("suggestive_review_threshold"),
  createdAt: instant("created_at").notNull().defaultNow(),
  rotatedAt: instant("rotated_at"),
  revokedAt: instant("revoked_at"),
});

/** What one key did on one UTC day. `units` is exact; look-ups are counted in memory and written every few seconds. */
export const keyUsage = pgTable(
  "key_usage",
  {
    keyId: text("key_id")
      .notNull()
      .references(() => apiKey.id),
    day: date("day").notNull(),
    units: bigint("units", { mode: "number" }).notNull().default(0),
    newImages: bigint("new_images", { mode: "number" }).notNull().default(0),
    repeatedImages: bigint("repeated_images", { mode: "number" }).notNull().default(0),
    hashLookUps: bigint("hash_look_ups", { mode: "number" }).notNull().default(0),
    /** Of the last check, or of when the last look-ups were written. Null for days before there was this column. */
    lastUsedAt: instant("last_used_at"),
  },
  (table) => [primaryKey({ columns: [table.keyId, table.day] })],
);

/** The free allowance of one client address (IPv4, or the /64 of IPv6). */
export const freeAllowance = pgTable("free_allowance", {
  address: text("address").primaryKey(),
  used: integer("used").notNull(),
  /** When `used` last began at nothing. */
  startedAt: instant("started_at").notNull().defaultNow(),
  /** Null while no call since the last reset has been costed for good. */
  lastCostedAt: instant("last_costed_at"),
});

/** Units taken before the work and not settled yet; past `expires_at` their process is dead and they are given back. */
export const quotaReservation = pgTable(
  "quota_reservation",
  {
    id: id64("id").primaryKey().generatedAlwaysAsIdentity(),
    keyId: text("key_id"),
    address: text("address"),
    units: integer("units").notNull(),
    /** The period or allowance the units were taken from: a refund never crosses into the next one. */
    periodStartedAt: instant("period_started_at"),
    expiresAt: instant("expires_at").notNull(),
  },
  (table) => [index("quota_reservation_expiry").on(table.expiresAt)],
);

/** Which process is working on an image that is new to all of them. */
export const imageClaim = pgTable(
  "image_claim",
  {
    sha256: hexBytes("sha256").primaryKey(),
    /** Known a moment after the claim: it is computed while the image is worked on. */
    sha1: hexBytes("sha1"),
    owner: text("owner").notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  (table) => [index("image_claim_sha1").on(table.sha1)],
);

/** One Idempotency-Key of one caller: the request it came with and, once there is one, the answer to repeat. */
export const idempotentRequest = pgTable(
  "idempotent_request",
  {
    caller: text("caller").notNull(),
    key: text("key").notNull(),
    requestDigest: hexBytes("request_digest").notNull(),
    owner: text("owner").notNull(),
    /** Until when the running request may be waited for. */
    leaseUntil: instant("lease_until").notNull(),
    status: smallint("status"),
    /** What the request was charged, whether or not its answer is there. */
    chargedUnits: smallint("charged_units").notNull().default(0),
    /** Headers and body, sealed with a key that only the caller's own credential gives. */
    answer: bytes("answer"),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.caller, table.key] }),
    index("idempotent_request_created").on(table.createdAt),
  ],
);

/**
 * What a caller says a picture really is, kept by the picture's fingerprint. A caller has one say on each picture and model;
 * a later one replaces it.
 */
export const feedback = pgTable(
  "feedback",
  {
    id: id64("id").primaryKey().generatedAlwaysAsIdentity(),
    keyId: text("key_id").notNull(),
    sha256: hexBytes("sha256").notNull(),
    sha1: hexBytes("sha1").notNull(),
    md5: hexBytes("md5").notNull(),
    pdq: hexBytes("pdq"),
    pdqQuality: smallint("pdq_quality"),
    blockhash: hexBytes("blockhash"),
    fingerprintVersion: smallint("fingerprint_version").notNull(),
    /** The model and class that the caller names, in the words of the surface it came by. */
    model: text("model").notNull(),
    class: text("class").notNull(),
    surface: text("surface").notNull(),
    /** What the service said of the picture when the feedback came; null where it never checked it. */
    verdict: text("verdict", { enum: ["allow", "review", "block"] }),
    scores: json("scores").$type<Record<string, number>>(),
    /** The picture itself, only where the operator has it kept and its key has room for it. */
    picture: bytes("picture"),
    /** The picture's bytes, counted from before it is written; null where none is kept. */
    pictureBytes: integer("picture_bytes"),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [
    unique("feedback_said").on(table.sha256, table.keyId, table.surface, table.model),
    // Pages are in the order of ids, by each of these alone or together; the first counts what a key has, too.
    index("feedback_key").on(table.keyId, table.id),
    index("feedback_model").on(table.model, table.id),
    index("feedback_class").on(table.class, table.id),
    index("feedback_surface").on(table.surface, table.id),
    index("feedback_updated").on(table.updatedAt),
    index("feedback_picture_bytes").on(table.keyId, table.pictureBytes).where(sql`picture_bytes is not null`),
  ],
);

/**
 * A picture that a caller left for a later call, for a day. Its bytes are sealed with a key that only its id gives, and the
 * id itself is not stored. The row outlives the bytes, so that whoever comes late is told so.
 */
export const upload = pgTable(
  "upload",
  {
    /** SHA-256 of the id. */
    idHash: hexBytes("id_hash").primaryKey(),
    keyId: text("key_id").notNull(),
    byteLength: integer("byte_length").notNull(),
    /** Null once deleted or expired. */
    sealed: bytes("sealed"),
    createdAt: instant("created_at").notNull().defaultNow(),
    expiresAt: instant("expires_at").notNull(),
  },
  (table) => [index("upload_expiry").on(table.expiresAt)],
);

/** A named policy of an admin: which scores and lists accept a picture, reject it, or send it to review. */
export const workflow = pgTable("workflow", {
  /** `wfl_` and 22 base62 characters. */
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  description: text("description").notNull().default(""),
  rules: jsonb("rules").$type<readonly WorkflowRule[]>().notNull(),
  createdBy: text("created_by").notNull(),
  createdAt: instant("created_at").notNull().defaultNow(),
  updatedAt: instant("updated_at").notNull().defaultNow(),
  deletedAt: instant("deleted_at"),
});

/**
 * Every change an admin made, written in the transaction of the change, each row chained to the one before by its hash. The
 * database itself gives `seq`, `at` and the hashes when a row is inserted, and refuses every other change (migration 0006).
 */
export const audit = pgTable(
  "audit",
  {
    /** 1, 2, 3, ... without gaps, in the order of the commits. */
    seq: id64("seq").primaryKey(),
    at: instant("at").notNull(),
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    subject: text("subject").notNull(),
    details: jsonb("details").notNull(),
    /** Null where no request asked for it, and in rows from before requests were told. */
    requestId: text("request_id"),
    /** SHA-256 of the row before; 32 zero bytes in the first. */
    prevHash: hexBytes("prev_hash").notNull(),
    /** SHA-256 over every other column: audit-text.ts. */
    hash: hexBytes("hash").notNull(),
  },
  (table) => [
    index("audit_at").on(table.at),
    index("audit_actor").on(table.actor, table.seq),
    index("audit_action").on(table.action, table.seq),
    index("audit_subject").on(table.subject, table.seq),
  ],
);

/** The end of the chain, in one row: the newest row's number and hash; 0 and 32 zero bytes while there is none. */
export const auditHead = pgTable("audit_head", {
  /** Always true: there is one row. */
  singleton: boolean("singleton").primaryKey().default(true),
  seq: id64("seq").notNull(),
  hash: hexBytes("hash").notNull(),
});

/**
 * What was changed of the rows that near-duplicates are found by, written by triggers in the transaction of the change.
 * Processes follow it, so that what they hold in memory is never older than their last statement. Kept for minutes.
 */
export const fingerprintChange = pgTable(
  "fingerprint_change",
  {
    /** Of two changes of one row the later has the larger number: it is drawn while the row is locked. */
    seq: id64("seq").notNull().generatedAlwaysAsIdentity(),
    xid: xid8("xid").notNull().default(sql`pg_current_xact_id()`),
    /** The table that changed; `pruned` where changes below the transaction `owner` were forgotten. */
    source: text("source").notNull(),
    /** Null: every row of the source. */
    owner: id64("owner"),
    /** Null: the row is gone, or its table has no bits. */
    bits: bits256("bits"),
  },
  (table) => [index("fingerprint_change_xid").on(table.xid)],
);
