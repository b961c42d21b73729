import { answerJson } from "./answer-json.ts";
import { hashMedia } from "./hash-media.ts";
import { mediaByUrl, requireUpload } from "./media.ts";
import { readParameters } from "./parameters.ts";
import type { RouteTable } from "./route-table.ts";
import type { StillAuthentic } from "./still-authentic.ts";

/** `/h`: what HMA's blueprints/hashing.py answers. */
export function addHashRoutes(table: RouteTable, stillAuthentic: StillAuthentic): void {
  table.add("GET", "/h/hash", async (c) => {
    const given = readParameters(c.req.query());
    const url = given.requiredText("url");
    given.check();
    const { type, signal } = await hashMedia(c.get("ctx"), mediaByUrl(c, url));
    return answerJson(c, { [type]: signal });
  });

  table.add("POST", "/h/hash", async (c) => {
    const media = await requireUpload(c);
    await stillAuthentic(c);
    const { type, signal } = await hashMedia(c.get("ctx"), media);
    return answerJson(c, { [type]: signal });
  });
}
