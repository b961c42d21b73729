import type { Context } from "hono";
import { type ReceivedBody, readImageBody } from "../../http/read-body.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { type BanInput, banImage } from "../../services/ban-image.ts";
import { updateEntry } from "../../services/update-entry.ts";
import { answerJson } from "./answer-json.ts";
import { readBankedSignals } from "./banked-signals.ts";
import { requireBank } from "./banks.ts";
import { entryIdOf, findContent, presentChangedContent, presentContent, requireContent, signalsOf } from "./content.ts";
import { deletion, readContentChanges, readNote } from "./content-changes.ts";
import { NO_METADATA, readMetadata } from "./content-metadata.ts";
import { badRequest } from "./errors.ts";
import { isForm, type Media, mediaByUrl, readMediaForm, requireUpload } from "./media.ts";
import { asObject, type JsonObject, readJsonObject } from "./read-json.ts";
import type { RouteTable } from "./route-table.ts";
import type { StillAuthentic } from "./still-authentic.ts";

const CONTENT = "/c/bank/<bank_name>/content";
const ONE = `${CONTENT}/<int:content_id>`;

/** Content of banks, which are entries of our lists: what HMA's blueprints/curation.py answers. */
export function addContentRoutes(table: RouteTable, stillAuthentic: StillAuthentic): void {
  table.add("POST", CONTENT, async (c) => {
    const ctx = c.get("ctx");
    const bank = await requireBank(ctx, bankName(c));
    const details = readDetails(await readBody(c));
    const media = await requireMedia(c);
    await stillAuthentic(c);
    const picture: BanInput["picture"] =
      media.type === "photo" ? media.source : { hashes: { md5: (await media.source.digests()).md5 } };
    const { entry } = await banImage(c.get("ctx"), { listName: bank.name, picture, ...details, expiresAt: null });
    return answerJson(c, { id: Number(entry.id), signals: signalsOf(entry) });
  });

  table.add("POST", "/c/bank/<bank_name>/signal", async (c) => {
    const { note, ...signals } = await readJsonObject(c, "No signals given");
    await stillAuthentic(c);
    const bank = await requireBank(c.get("ctx"), bankName(c));
    const { hashes, signals: banked } = readBankedSignals(signals);
    const { entry } = await banImage(c.get("ctx"), {
      listName: bank.name,
      picture: { hashes },
      customId: null,
      note: readNote(note),
      expiresAt: null,
    });
    return answerJson(c, { id: Number(entry.id), signals: banked });
  });

  table.add("GET", ONE, async (c) => {
    const bank = await requireBank(c.get("ctx"), bankName(c));
    const entry = await requireContent(c.get("ctx"), bank, contentId(c));
    const include = {
      signals: c.req.query("include_signals")?.toLowerCase() === "true",
      metadata: (c.req.query("include_metadata") ?? "true").toLowerCase() === "true",
    };
    return answerJson(c, presentContent(entry, bank, include));
  });

  table.add("PUT", ONE, async (c) => {
    const given = await readJsonObject(c, "Request input was not a dict");
    await stillAuthentic(c);
    const bank = await requireBank(c.get("ctx"), bankName(c));
    const entry = await requireContent(c.get("ctx"), bank, contentId(c));
    const changes = readContentChanges(given, entry);
    const changed = Object.keys(changes).length > 0;
    const now = changed ? await updateEntry(c.get("ctx"), bank.name, entryIdOf(contentId(c)), changes) : entry;
    return answerJson(c, presentChangedContent(now, bank));
  });

  table.add("DELETE", ONE, async (c) => {
    const bank = await requireBank(c.get("ctx"), bankName(c));
    const entry = await findContent(c.get("ctx"), bank, contentId(c));
    if (entry === null) return answerJson(c, { deleted: 0 });
    await updateEntry(c.get("ctx"), bank.name, entryIdOf(contentId(c)), deletion(entry));
    return answerJson(c, { deleted: 1 });
  });
}

function bankName(c: Context<AppEnv>): string {
  return c.req.param("bank_name") ?? "";
}

function contentId(c: Context<AppEnv>): string {
  return c.req.param("content_id") ?? "";
}

/** A form, JSON, or nothing: HMA looks at no other body. */
async function readBody(c: Context<AppEnv>): Promise<ReceivedBody | null> {
  if (isForm(c)) return await readMediaForm(c);
  const type = c.req.header("content-type") ?? "";
  return /json|x-www-form-urlencoded/i.test(type) ? await readImageBody(c) : null;
}

function readDetails(
  body: ReceivedBody | null,
): Pick<BanInput, "customId" | "note"> & { metadata: Record<string, string> } {
  const given: JsonObject = body === null ? {} : (asObject(body.json) ?? formDetails(body));
  const { customId, texts } = "metadata" in given ? readMetadata(given.metadata) : NO_METADATA;
  return { customId, note: readNote(given.note), metadata: { ...texts } };
}

function formDetails({ fields }: ReceivedBody): JsonObject {
  const { metadata, ...others } = fields;
  if (metadata === undefined) return others;
  try {
    return { ...others, metadata: JSON.parse(metadata) };
  } catch {
    throw badRequest("metadata form field must be valid JSON");
  }
}

async function requireMedia(c: Context<AppEnv>): Promise<Media> {
  const url = c.req.query("url");
  if (url) return mediaByUrl(c, url);
  if (isForm(c) && (await readMediaForm(c)).images.length > 0) return await requireUpload(c);
  throw badRequest("Neither `url` nor multipart file upload was received");
}
