-- Rows are numbered without gaps and chained by SHA-256, in the order of their commits.
ALTER TABLE "audit" ALTER COLUMN "id" DROP IDENTITY;--> statement-breakpoint
ALTER TABLE "audit" RENAME COLUMN "id" TO "seq";--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "at" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "request_id" text;--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "prev_hash" "bytea";--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "hash" "bytea";--> statement-breakpoint
CREATE TABLE "audit_head" (
	"singleton" boolean PRIMARY KEY DEFAULT true NOT NULL CHECK ("singleton"),
	"seq" bigint NOT NULL,
	"hash" "bytea" NOT NULL
);--> statement-breakpoint
-- What a row's hash is of: a JSON array of texts without blanks, as JSON.stringify writes it. src/db/audit-text.ts has the same.
CREATE FUNCTION "audit_text"("prev_hash" bytea, "seq" bigint, "at" timestamptz, "actor" text, "action" text, "subject" text, "details" jsonb, "request_id" text)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT '["' || encode(prev_hash, 'hex') || '","' || seq || '","' || trunc(extract(epoch FROM at) * 1000000) || '",'
		|| to_json(actor) || ',' || to_json(action) || ',' || to_json(subject) || ',' || to_json(details::text) || ','
		|| coalesce(to_json(request_id)::text, 'null') || ']'
$$;--> statement-breakpoint
-- The rows that exist, in the order of their ids.
DO $$
DECLARE
	former record;
	last_seq bigint := 0;
	last_hash bytea := decode(repeat('00', 32), 'hex');
	this_hash bytea;
BEGIN
	-- Negative meanwhile: no two rows may have one number.
	UPDATE audit SET seq = -numbered.place
	FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS place FROM audit) AS numbered WHERE audit.seq = numbered.seq;
	FOR former IN SELECT * FROM audit ORDER BY seq DESC LOOP
		last_seq := -former.seq;
		this_hash := sha256(convert_to(audit_text(last_hash, last_seq, former.at, former.actor, former.action, former.subject,
			former.details, former.request_id), 'UTF8'));
		UPDATE audit SET seq = last_seq, prev_hash = last_hash, hash = this_hash WHERE seq = former.seq;
		last_hash := this_hash;
	END LOOP;
	INSERT INTO audit_head (seq, hash) VALUES (last_seq, last_hash);
END $$;--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "prev_hash" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "hash" SET NOT NULL;--> statement-breakpoint
CREATE INDEX "audit_at" ON "audit" USING btree ("at");--> statement-breakpoint
CREATE INDEX "audit_actor" ON "audit" USING btree ("actor","seq");--> statement-breakpoint
CREATE INDEX "audit_action" ON "audit" USING btree ("action","seq");--> statement-breakpoint
CREATE INDEX "audit_subject" ON "audit" USING btree ("subject","seq");--> statement-breakpoint
-- Whatever the inserting statement says of these columns. As the owner, so that a role which may only insert can move the head
-- in this way and no other; schemas are named, lest that role put something of its own in the place of a table or function.
CREATE FUNCTION "chain_audit"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	head record;
BEGIN
	-- Held until the end of the transaction: rows are numbered in the order of their commits.
	SELECT * INTO STRICT head FROM public.audit_head FOR UPDATE;
	NEW.seq := head.seq + 1;
	NEW.at := clock_timestamp();
	NEW.prev_hash := head.hash;
	NEW.hash := sha256(convert_to(public.audit_text(NEW.prev_hash, NEW.seq, NEW.at, NEW.actor, NEW.action, NEW.subject,
		NEW.details, NEW.request_id), 'UTF8'));
	UPDATE public.audit_head SET seq = NEW.seq, hash = NEW.hash;
	-- A client that stands still before its commit would hold up every other change.
	PERFORM set_config('idle_in_transaction_session_timeout', '5000', true);
	RETURN NEW;
END $$;--> statement-breakpoint
CREATE FUNCTION "refuse_audit_change"() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	RAISE EXCEPTION 'the audit log is append-only: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;--> statement-breakpoint
CREATE FUNCTION "refuse_audit_head_change"() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	-- Two deep: within the trigger of an inserted row.
	IF pg_trigger_depth() < 2 OR NEW.seq <> OLD.seq + 1 THEN
		RAISE EXCEPTION 'the end of the audit log moves with its rows alone' USING ERRCODE = 'insufficient_privilege';
	END IF;
	RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER "audit_chain" BEFORE INSERT ON "audit" FOR EACH ROW EXECUTE FUNCTION "chain_audit"();--> statement-breakpoint
CREATE TRIGGER "audit_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_audit_change"();--> statement-breakpoint
CREATE TRIGGER "audit_head_one_row" BEFORE INSERT OR DELETE OR TRUNCATE ON "audit_head" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_audit_change"();--> statement-breakpoint
CREATE TRIGGER "audit_head_moves" BEFORE UPDATE ON "audit_head" FOR EACH ROW EXECUTE FUNCTION "refuse_audit_head_change"();--> statement-breakpoint
-- Also where a session says that its changes come from elsewhere. The others don't: a logical replica gets finished rows.
ALTER TABLE "audit" ENABLE ALWAYS TRIGGER "audit_append_only";--> statement-breakpoint
REVOKE ALL ON FUNCTION "chain_audit"() FROM PUBLIC;
