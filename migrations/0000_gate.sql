CREATE TABLE "api_key" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"secret_hash" "bytea",
	"scopes" text[] NOT NULL,
	"quota_limit" bigint,
	"quota_period" text NOT NULL,
	"used" bigint DEFAULT 0 NOT NULL,
	"period_started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"block_threshold" double precision,
	"review_threshold" double precision,
	"suggestive_review_threshold" double precision,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"rotated_at" timestamp with time zone,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"details" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "entry" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "entry_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"list_id" bigint NOT NULL,
	"identity" "bytea" NOT NULL,
	"custom_id" text,
	"note" text DEFAULT '' NOT NULL,
	"source" text NOT NULL,
	"sha256" "bytea",
	"sha1" "bytea",
	"md5" "bytea",
	"pdq" "bytea",
	"pdq_quality" smallint,
	"blockhash" "bytea",
	"detail" text NOT NULL,
	"fingerprint_version" smallint,
	"enabled" boolean DEFAULT true NOT NULL,
	"expires_at" timestamp with time zone,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "entry_identity" UNIQUE("list_id","identity")
);
--> statement-breakpoint
CREATE TABLE "entry_blockhash" (
	"entry_id" bigint PRIMARY KEY NOT NULL,
	"bits" bit(256) NOT NULL
);
--> statement-breakpoint
CREATE TABLE "entry_pdq" (
	"entry_id" bigint PRIMARY KEY NOT NULL,
	"bits" bit(256) NOT NULL
);
--> statement-breakpoint
CREATE TABLE "free_allowance" (
	"address" text PRIMARY KEY NOT NULL,
	"used" integer NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_costed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "idempotent_request" (
	"caller" text NOT NULL,
	"key" text NOT NULL,
	"request_digest" "bytea" NOT NULL,
	"owner" text NOT NULL,
	"lease_until" timestamp with time zone NOT NULL,
	"status" smallint,
	"answer" "bytea",
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotent_request_caller_key_pk" PRIMARY KEY("caller","key")
);
--> statement-breakpoint
CREATE TABLE "image" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "image_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"sha256" "bytea" NOT NULL,
	"sha1" "bytea" NOT NULL,
	"md5" "bytea" NOT NULL,
	"byte_length" integer NOT NULL,
	"format" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"frames" integer NOT NULL,
	"pdq_transforms" "bytea",
	"pdq_quality" smallint NOT NULL,
	"blockhash" "bytea",
	"detail" text NOT NULL,
	"fingerprint_version" smallint NOT NULL,
	"model" text,
	"scores" json,
	"scores_from" bigint,
	"times_seen" bigint DEFAULT 0 NOT NULL,
	"first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "image_sha256_unique" UNIQUE("sha256")
);
--> statement-breakpoint
CREATE TABLE "image_blockhash" (
	"image_id" bigint PRIMARY KEY NOT NULL,
	"bits" bit(256) NOT NULL
);
--> statement-breakpoint
CREATE TABLE "image_claim" (
	"sha256" "bytea" PRIMARY KEY NOT NULL,
	"sha1" "bytea",
	"owner" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "image_pdq" (
	"image_id" bigint PRIMARY KEY NOT NULL,
	"bits" bit(256) NOT NULL
);
--> statement-breakpoint
CREATE TABLE "key_usage" (
	"key_id" text NOT NULL,
	"day" date NOT NULL,
	"units" bigint DEFAULT 0 NOT NULL,
	"new_images" bigint DEFAULT 0 NOT NULL,
	"repeated_images" bigint DEFAULT 0 NOT NULL,
	"hash_look_ups" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "key_usage_key_id_day_pk" PRIMARY KEY("key_id","day")
);
--> statement-breakpoint
CREATE TABLE "list" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "list_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"action" text NOT NULL,
	"pdq_threshold" smallint NOT NULL,
	"blockhash_threshold" smallint NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "quota_reservation" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "quota_reservation_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"key_id" text,
	"address" text,
	"units" integer NOT NULL,
	"period_started_at" timestamp with time zone,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sighting" (
	"id" text PRIMARY KEY NOT NULL,
	"image_id" bigint NOT NULL,
	"key_id" text,
	"verdict" text NOT NULL,
	"units" smallint NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "entry" ADD CONSTRAINT "entry_list_id_list_id_fk" FOREIGN KEY ("list_id") REFERENCES "public"."list"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entry_blockhash" ADD CONSTRAINT "entry_blockhash_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entry_pdq" ADD CONSTRAINT "entry_pdq_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "image_blockhash" ADD CONSTRAINT "image_blockhash_image_id_image_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."image"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "image_pdq" ADD CONSTRAINT "image_pdq_image_id_image_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."image"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "key_usage" ADD CONSTRAINT "key_usage_key_id_api_key_id_fk" FOREIGN KEY ("key_id") REFERENCES "public"."api_key"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sighting" ADD CONSTRAINT "sighting_image_id_image_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."image"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "entry_custom_id" ON "entry" USING btree ("list_id","custom_id");--> statement-breakpoint
CREATE INDEX "entry_sha256" ON "entry" USING btree ("sha256") WHERE sha256 is not null;--> statement-breakpoint
CREATE INDEX "entry_sha1" ON "entry" USING btree ("sha1") WHERE sha1 is not null;--> statement-breakpoint
CREATE INDEX "entry_md5" ON "entry" USING btree ("md5") WHERE md5 is not null;--> statement-breakpoint
CREATE INDEX "idempotent_request_created" ON "idempotent_request" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "image_sha1" ON "image" USING btree ("sha1");--> statement-breakpoint
CREATE INDEX "image_md5" ON "image" USING btree ("md5");--> statement-breakpoint
CREATE INDEX "image_claim_sha1" ON "image_claim" USING btree ("sha1");--> statement-breakpoint
CREATE UNIQUE INDEX "list_name" ON "list" USING btree ("name") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "quota_reservation_expiry" ON "quota_reservation" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "sighting_image" ON "sighting" USING btree ("image_id");