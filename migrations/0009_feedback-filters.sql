ALTER TABLE "feedback" ADD COLUMN "picture_bytes" integer;--> statement-breakpoint
UPDATE "feedback" SET "picture_bytes" = octet_length("picture") WHERE "picture" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "feedback_key" ON "feedback" USING btree ("key_id","id");--> statement-breakpoint
CREATE INDEX "feedback_model" ON "feedback" USING btree ("model","id");--> statement-breakpoint
CREATE INDEX "feedback_class" ON "feedback" USING btree ("class","id");--> statement-breakpoint
CREATE INDEX "feedback_surface" ON "feedback" USING btree ("surface","id");--> statement-breakpoint
CREATE INDEX "feedback_updated" ON "feedback" USING btree ("updated_at");--> statement-breakpoint
CREATE INDEX "feedback_picture_bytes" ON "feedback" USING btree ("key_id","picture_bytes") WHERE picture_bytes is not null;