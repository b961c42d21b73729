ALTER TABLE "list" ADD COLUMN "neural_vector_threshold" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
-- Lists that exist are not matched by neural hashes until they, or a request, say so; then as new ones are.
UPDATE "list" SET "neural_threshold" = 72, "neural_vector_threshold" = 235;
