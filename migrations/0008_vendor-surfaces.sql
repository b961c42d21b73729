CREATE TABLE "feedback" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "feedback_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"key_id" text NOT NULL,
	"sha256" "bytea" NOT NULL,
	"sha1" "bytea" NOT NULL,
	"md5" "bytea" NOT NULL,
	"pdq" "bytea",
	"pdq_quality" smallint,
	"blockhash" "bytea",
	"fingerprint_version" smallint NOT NULL,
	"model" text NOT NULL,
	"class" text NOT NULL,
	"surface" text NOT NULL,
	"verdict" text,
	"scores" json,
	"picture" "bytea",
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "feedback_said" UNIQUE("sha256","key_id","surface","model")
);
--> statement-breakpoint
CREATE TABLE "upload" (
	"id_hash" "bytea" PRIMARY KEY NOT NULL,
	"key_id" text NOT NULL,
	"byte_length" integer NOT NULL,
	"sealed" "bytea",
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workflow" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"rules" jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "entry" ADD COLUMN "metadata" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "entry" ADD COLUMN "pattern" text;--> statement-breakpoint
ALTER TABLE "entry" ADD COLUMN "pattern_syntax" text;--> statement-breakpoint
ALTER TABLE "list" ADD COLUMN "metadata" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
CREATE INDEX "upload_expiry" ON "upload" USING btree ("expires_at");