CREATE TABLE "entry_neural" (
	"entry_id" bigint NOT NULL,
	"bits" bit(256) NOT NULL,
	"variant" smallint DEFAULT 0 NOT NULL,
	CONSTRAINT "entry_neural_pkey" PRIMARY KEY("entry_id","variant")
);--> statement-breakpoint
ALTER TABLE "entry_neural" ADD CONSTRAINT "entry_neural_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "entry_neural_chunk_0" ON "entry_neural" ((substring("bits", 1, 24)::int4));--> statement-breakpoint
CREATE INDEX "entry_neural_chunk_1" ON "entry_neural" ((substring("bits", 25, 24)::int4));--> statement-breakpoint
CREATE INDEX "entry_neural_chunk_2" ON "entry_neural" ((substring("bits", 49, 24)::int4));--> statement-breakpoint
CREATE INDEX "entry_neural_chunk_3" ON "entry_neural" ((substring("bits", 73, 23)::int4));--> statement-breakpoint
CREATE INDEX "entry_neural_chunk_4" ON "entry_neural" ((substring("bits", 96, 23)::int4));--> statement-breakpoint
CREATE INDEX "entry_neural_chunk_5" ON "entry_neural" ((substring("bits", 119, 23)::int4));--> statement-breakpoint
CREATE INDEX "entry_neural_chunk_6" ON "entry_neural" ((substring("bits", 142, 23)::int4));--> statement-breakpoint
CREATE INDEX "entry_neural_chunk_7" ON "entry_neural" ((substring("bits", 165, 23)::int4));--> statement-breakpoint
CREATE INDEX "entry_neural_chunk_8" ON "entry_neural" ((substring("bits", 188, 23)::int4));--> statement-breakpoint
CREATE INDEX "entry_neural_chunk_9" ON "entry_neural" ((substring("bits", 211, 23)::int4));--> statement-breakpoint
CREATE INDEX "entry_neural_chunk_10" ON "entry_neural" ((substring("bits", 234, 23)::int4));--> statement-breakpoint
ALTER INDEX "entry_neural_chunk_0" ALTER COLUMN 1 SET STATISTICS 1000;--> statement-breakpoint
ALTER INDEX "entry_neural_chunk_1" ALTER COLUMN 1 SET STATISTICS 1000;--> statement-breakpoint
ALTER INDEX "entry_neural_chunk_2" ALTER COLUMN 1 SET STATISTICS 1000;--> statement-breakpoint
ALTER INDEX "entry_neural_chunk_3" ALTER COLUMN 1 SET STATISTICS 1000;--> statement-breakpoint
ALTER INDEX "entry_neural_chunk_4" ALTER COLUMN 1 SET STATISTICS 1000;--> statement-breakpoint
ALTER INDEX "entry_neural_chunk_5" ALTER COLUMN 1 SET STATISTICS 1000;--> statement-breakpoint
ALTER INDEX "entry_neural_chunk_6" ALTER COLUMN 1 SET STATISTICS 1000;--> statement-breakpoint
ALTER INDEX "entry_neural_chunk_7" ALTER COLUMN 1 SET STATISTICS 1000;--> statement-breakpoint
ALTER INDEX "entry_neural_chunk_8" ALTER COLUMN 1 SET STATISTICS 1000;--> statement-breakpoint
ALTER INDEX "entry_neural_chunk_9" ALTER COLUMN 1 SET STATISTICS 1000;--> statement-breakpoint
ALTER INDEX "entry_neural_chunk_10" ALTER COLUMN 1 SET STATISTICS 1000;--> statement-breakpoint
ALTER TABLE "entry_pdq" ADD COLUMN "variant" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "entry_blockhash" ADD COLUMN "variant" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "image_pdq" ADD COLUMN "variant" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "image_blockhash" ADD COLUMN "variant" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
-- Tables whose parts are on other servers have no key here: each part has its own, which the operator changes there.
DO $$
DECLARE
	fingerprints text;
BEGIN
	FOREACH fingerprints IN ARRAY ARRAY['entry_pdq', 'entry_blockhash', 'image_pdq', 'image_blockhash'] LOOP
		IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = fingerprints::regclass AND contype = 'p') THEN
			EXECUTE format('ALTER TABLE %1$I DROP CONSTRAINT %1$s_pkey, ADD CONSTRAINT %1$s_pkey PRIMARY KEY (%2$s_id, variant)',
				fingerprints, split_part(fingerprints, '_', 1));
		END IF;
	END LOOP;
END $$;--> statement-breakpoint
-- Rows in memory are known by one number: the owner, and 2^52 more for the trimmed picture (src/db/hot-keys.ts).
CREATE OR REPLACE FUNCTION "record_entry_bits"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND (OLD.entry_id <> NEW.entry_id OR OLD.variant <> NEW.variant) THEN
		INSERT INTO fingerprint_change (source, owner) VALUES (TG_ARGV[0], OLD.entry_id + OLD.variant * 4503599627370496);
	END IF;
	IF TG_OP <> 'DELETE' THEN
		INSERT INTO fingerprint_change (source, owner, bits)
		VALUES (TG_ARGV[0], NEW.entry_id + NEW.variant * 4503599627370496, NEW.bits);
	END IF;
	RETURN NULL;
END $$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION "record_image_bits"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND (OLD.image_id <> NEW.image_id OR OLD.variant <> NEW.variant) THEN
		INSERT INTO fingerprint_change (source, owner) VALUES (TG_ARGV[0], OLD.image_id + OLD.variant * 4503599627370496);
	END IF;
	IF TG_OP <> 'DELETE' THEN
		INSERT INTO fingerprint_change (source, owner, bits)
		VALUES (TG_ARGV[0], NEW.image_id + NEW.variant * 4503599627370496, NEW.bits);
	END IF;
	RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "entry_neural_change" AFTER INSERT OR UPDATE OR DELETE ON "entry_neural" FOR EACH ROW EXECUTE FUNCTION "record_entry_bits"('entry_neural');--> statement-breakpoint
CREATE TRIGGER "entry_neural_reload" AFTER TRUNCATE ON "entry_neural" FOR EACH STATEMENT EXECUTE FUNCTION "record_reload"('entry_neural');--> statement-breakpoint
ALTER TABLE "entry_neural" ENABLE ALWAYS TRIGGER "entry_neural_change";--> statement-breakpoint
ALTER TABLE "entry_neural" ENABLE ALWAYS TRIGGER "entry_neural_reload";--> statement-breakpoint
ALTER TABLE "entry" ADD COLUMN "trimmed_pdq" "bytea";--> statement-breakpoint
ALTER TABLE "entry" ADD COLUMN "trimmed_blockhash" "bytea";--> statement-breakpoint
ALTER TABLE "entry" ADD COLUMN "detail_cause" text;--> statement-breakpoint
ALTER TABLE "entry" ADD COLUMN "neural" "bytea";--> statement-breakpoint
ALTER TABLE "entry" ADD COLUMN "neural_version" text;--> statement-breakpoint
ALTER TABLE "entry" ADD COLUMN "source_url" text;--> statement-breakpoint
ALTER TABLE "image" ADD COLUMN "blockhash_transforms" "bytea";--> statement-breakpoint
ALTER TABLE "image" ADD COLUMN "trimmed_transforms" "bytea";--> statement-breakpoint
ALTER TABLE "image" ADD COLUMN "detail_cause" text;--> statement-breakpoint
ALTER TABLE "image" ADD COLUMN "neural" "bytea";--> statement-breakpoint
ALTER TABLE "image" ADD COLUMN "neural_version" text;--> statement-breakpoint
-- Lists that exist keep matching as their owners set them: with these, no entry matches that did not before.
ALTER TABLE "list" ADD COLUMN "agreement_pdq_threshold" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "list" ADD COLUMN "agreement_blockhash_threshold" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "list" ADD COLUMN "neural_threshold" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "list" ADD COLUMN "match" text DEFAULT 'fast' NOT NULL;
