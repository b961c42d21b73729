CREATE TABLE "names_version" (
	"version" uuid PRIMARY KEY NOT NULL,
	"list_id" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "names_version" ADD CONSTRAINT "names_version_list_id_list_id_fk" FOREIGN KEY ("list_id") REFERENCES "public"."list"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "names_version_list" ON "names_version" USING btree ("list_id");
--> statement-breakpoint
-- Row triggers, which cost pictures nothing. A transaction needs one new version of a list, however many patterns it changes.
CREATE FUNCTION "record_names_change"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
	changed bigint;
BEGIN
	FOR changed IN
		SELECT id FROM list
		WHERE CASE WHEN TG_OP = 'TRUNCATE' THEN kind = 'names' ELSE id IN (OLD.list_id, NEW.list_id) END
	LOOP
		CONTINUE WHEN EXISTS (SELECT FROM names_version WHERE list_id = changed AND xmin = pg_current_xact_id()::xid);
		DELETE FROM names_version WHERE version = ANY (ARRAY(
			SELECT version FROM names_version WHERE list_id = changed FOR UPDATE SKIP LOCKED));
		INSERT INTO names_version (version, list_id) VALUES (gen_random_uuid(), changed);
	END LOOP;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "entry_pattern_insert" AFTER INSERT ON "entry" FOR EACH ROW WHEN (NEW.pattern IS NOT NULL) EXECUTE FUNCTION "record_names_change"();
--> statement-breakpoint
CREATE TRIGGER "entry_pattern_update" AFTER UPDATE ON "entry" FOR EACH ROW WHEN (OLD.pattern IS NOT NULL OR NEW.pattern IS NOT NULL) EXECUTE FUNCTION "record_names_change"();
--> statement-breakpoint
CREATE TRIGGER "entry_pattern_delete" AFTER DELETE ON "entry" FOR EACH ROW WHEN (OLD.pattern IS NOT NULL) EXECUTE FUNCTION "record_names_change"();
--> statement-breakpoint
CREATE TRIGGER "entry_pattern_truncate" AFTER TRUNCATE ON "entry" FOR EACH STATEMENT EXECUTE FUNCTION "record_names_change"();
--> statement-breakpoint
-- Also for writes that a logical replication applies.
ALTER TABLE "entry" ENABLE ALWAYS TRIGGER "entry_pattern_insert";
--> statement-breakpoint
ALTER TABLE "entry" ENABLE ALWAYS TRIGGER "entry_pattern_update";
--> statement-breakpoint
ALTER TABLE "entry" ENABLE ALWAYS TRIGGER "entry_pattern_delete";
--> statement-breakpoint
ALTER TABLE "entry" ENABLE ALWAYS TRIGGER "entry_pattern_truncate";
