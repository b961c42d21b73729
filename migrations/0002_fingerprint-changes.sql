CREATE TABLE "fingerprint_change" (
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "fingerprint_change_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"source" text NOT NULL,
	"owner" bigint,
	"bits" bit(256)
);
--> statement-breakpoint
CREATE INDEX "fingerprint_change_xid" ON "fingerprint_change" USING btree ("xid");
--> statement-breakpoint
-- Row triggers, since foreign partitions allow no others with the rows at hand. The number of a change is drawn under the row's lock.
CREATE FUNCTION "record_entry_bits"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.entry_id <> NEW.entry_id THEN
		INSERT INTO fingerprint_change (source, owner) VALUES (TG_ARGV[0], OLD.entry_id);
	END IF;
	IF TG_OP <> 'DELETE' THEN
		INSERT INTO fingerprint_change (source, owner, bits) VALUES (TG_ARGV[0], NEW.entry_id, NEW.bits);
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION "record_image_bits"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.image_id <> NEW.image_id THEN
		INSERT INTO fingerprint_change (source, owner) VALUES (TG_ARGV[0], OLD.image_id);
	END IF;
	IF TG_OP <> 'DELETE' THEN
		INSERT INTO fingerprint_change (source, owner, bits) VALUES (TG_ARGV[0], NEW.image_id, NEW.bits);
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION "record_reload"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	INSERT INTO fingerprint_change (source) VALUES (TG_ARGV[0]);
	RETURN NULL;
END $$;
--> statement-breakpoint
-- What a search says of an entry or a list, for readers that are behind; none of it is held in memory.
CREATE FUNCTION "record_state"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	INSERT INTO fingerprint_change (source, owner) VALUES (TG_TABLE_NAME, OLD.id);
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "entry_pdq_change" AFTER INSERT OR UPDATE OR DELETE ON "entry_pdq" FOR EACH ROW EXECUTE FUNCTION "record_entry_bits"('entry_pdq');
--> statement-breakpoint
CREATE TRIGGER "entry_pdq_reload" AFTER TRUNCATE ON "entry_pdq" FOR EACH STATEMENT EXECUTE FUNCTION "record_reload"('entry_pdq');
--> statement-breakpoint
CREATE TRIGGER "entry_blockhash_change" AFTER INSERT OR UPDATE OR DELETE ON "entry_blockhash" FOR EACH ROW EXECUTE FUNCTION "record_entry_bits"('entry_blockhash');
--> statement-breakpoint
CREATE TRIGGER "entry_blockhash_reload" AFTER TRUNCATE ON "entry_blockhash" FOR EACH STATEMENT EXECUTE FUNCTION "record_reload"('entry_blockhash');
--> statement-breakpoint
CREATE TRIGGER "image_pdq_change" AFTER INSERT OR UPDATE OR DELETE ON "image_pdq" FOR EACH ROW EXECUTE FUNCTION "record_image_bits"('image_pdq');
--> statement-breakpoint
CREATE TRIGGER "image_pdq_reload" AFTER TRUNCATE ON "image_pdq" FOR EACH STATEMENT EXECUTE FUNCTION "record_reload"('image_pdq');
--> statement-breakpoint
CREATE TRIGGER "image_blockhash_change" AFTER INSERT OR UPDATE OR DELETE ON "image_blockhash" FOR EACH ROW EXECUTE FUNCTION "record_image_bits"('image_blockhash');
--> statement-breakpoint
CREATE TRIGGER "image_blockhash_reload" AFTER TRUNCATE ON "image_blockhash" FOR EACH STATEMENT EXECUTE FUNCTION "record_reload"('image_blockhash');
--> statement-breakpoint
CREATE TRIGGER "entry_change" AFTER UPDATE OR DELETE ON "entry" FOR EACH ROW EXECUTE FUNCTION "record_state"();
--> statement-breakpoint
CREATE TRIGGER "list_change" AFTER UPDATE OR DELETE ON "list" FOR EACH ROW EXECUTE FUNCTION "record_state"();
--> statement-breakpoint
-- Also for writes that a logical replication applies.
ALTER TABLE "entry_pdq" ENABLE ALWAYS TRIGGER "entry_pdq_change";
--> statement-breakpoint
ALTER TABLE "entry_pdq" ENABLE ALWAYS TRIGGER "entry_pdq_reload";
--> statement-breakpoint
ALTER TABLE "entry_blockhash" ENABLE ALWAYS TRIGGER "entry_blockhash_change";
--> statement-breakpoint
ALTER TABLE "entry_blockhash" ENABLE ALWAYS TRIGGER "entry_blockhash_reload";
--> statement-breakpoint
ALTER TABLE "image_pdq" ENABLE ALWAYS TRIGGER "image_pdq_change";
--> statement-breakpoint
ALTER TABLE "image_pdq" ENABLE ALWAYS TRIGGER "image_pdq_reload";
--> statement-breakpoint
ALTER TABLE "image_blockhash" ENABLE ALWAYS TRIGGER "image_blockhash_change";
--> statement-breakpoint
ALTER TABLE "image_blockhash" ENABLE ALWAYS TRIGGER "image_blockhash_reload";
--> statement-breakpoint
ALTER TABLE "entry" ENABLE ALWAYS TRIGGER "entry_change";
--> statement-breakpoint
ALTER TABLE "list" ENABLE ALWAYS TRIGGER "list_change";
