import type { Context, Hono } from "hono";
import type { AppEnv } from "../../http/request-variables.ts";
import { banImage } from "../../services/ban-image.ts";
import { publicId } from "../../services/ids.ts";
import { liftAllBans } from "../../services/lift-all-bans.ts";
import { liftBan } from "../../services/lift-ban.ts";
import { listEntryIds } from "../../services/list-entry-ids.ts";
import { imageAdded, imageIds } from "./answers.ts";
import { answer, failure } from "./errors.ts";
import { requireImageList } from "./list-routes.ts";
import { readNumber, tellsNumber } from "./numbers.ts";
import { readPicture } from "./read-picture.ts";
import { readTagAndLabel } from "./tag-and-label.ts";

/** `/lists/v1.0/imagelists/{listId}/images`. */
export function registerListImages(surface: Hono<AppEnv>, still: (c: Context<AppEnv>) => Promise<void>): void {
  surface.post("/lists/v1.0/imagelists/:listId/images", async (c) => {
    const metadata = readTagAndLabel(c);
    const picture = await readPicture(c);
    await still(c);
    const ctx = c.get("ctx");
    const list = await requireImageList(ctx, c.req.param("listId"), "lists");
    const { entry, outcome } = await banImage(ctx, {
      listName: list.name,
      picture,
      customId: null,
      note: "",
      metadata,
      expiresAt: null,
    });
    if (outcome !== "created" && outcome !== "restored") {
      const message = `Expected an image that the list ${list.id} does not hold but it does, as ${entry.id}`;
      return answer(c, failure(409, "Conflict", message, ctx.requestId));
    }
    const byteLength = "bytes" in picture ? picture.bytes.length : null;
    return c.json(imageAdded(list.id, entry.id, byteLength, ctx.requestId));
  });

  surface.get("/lists/v1.0/imagelists/:listId/images", async (c) => {
    const ctx = c.get("ctx");
    const { id } = await requireImageList(ctx, c.req.param("listId"), "lists");
    return c.json(imageIds(id, await listEntryIds(ctx, id), ctx.requestId));
  });

  surface.delete("/lists/v1.0/imagelists/:listId/images", async (c) => {
    const ctx = c.get("ctx");
    const { name } = await requireImageList(ctx, c.req.param("listId"), "lists");
    await liftAllBans(ctx, name);
    return c.json("Reset Successful.");
  });

  surface.delete("/lists/v1.0/imagelists/:listId/images/:imageId", async (c) => {
    const ctx = c.get("ctx");
    const { name } = await requireImageList(ctx, c.req.param("listId"), "lists");
    const imageId = c.req.param("imageId");
    const entryId = publicId("entry", readNumber(imageId, "image"));
    await liftBan(ctx, name, entryId).catch(tellsNumber(imageId, "image"));
    return c.json("");
  });
}
