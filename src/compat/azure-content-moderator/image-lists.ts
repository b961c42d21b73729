import { randomBytes } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import { parseFields } from "../../http/routes/image-body.ts";
import { storableText } from "../../http/schemas/text.ts";
import type { NewListFields } from "../../services/create-list.ts";
import type { ListRow } from "../../services/get-list.ts";

/** Where a list's own metadata keep what the vendor calls its name, and its metadata behind a prefix. */
const NAME = "azure_name";
const METADATA = "azure_metadata_";

/** Together with the name at most what a list's metadata may hold. */
const MOST_METADATA = 15;

const schema = z.object({
  Name: storableText(1000).nullish(),
  Description: storableText(1000).nullish(),
  Metadata: z
    .record(storableText(80).min(1), storableText(1000))
    .refine((value) => Object.keys(value).length <= MOST_METADATA, `Expected at most ${MOST_METADATA} names`)
    .nullish(),
});

/** What the vendor lets its users say of a list; what is not there is left as it was. */
export type ListDetails = z.infer<typeof schema>;

/** @throws AppError parameter_invalid */
export function readDetails(json: unknown): ListDetails {
  if (json === undefined) throw new AppError("body_malformed", "Expected JSON for body but received none");
  return parseFields(schema, json);
}

/** A list in the vendor's shape. One that was not made here goes by its own name. */
export function presentImageList(row: ListRow) {
  const metadata = Object.entries(row.metadata).filter(([name]) => name.startsWith(METADATA));
  return {
    Id: Number(row.id),
    Name: row.metadata[NAME] ?? row.name,
    Description: row.description,
    Metadata: Object.fromEntries(metadata.map(([name, value]) => [name.slice(METADATA.length), value])),
  };
}

/** A name of ours for a list of the vendor's, whose names are free text and may come twice: `azure-spam-2-1f0c9a77e4`. */
export function newListName({ Name }: ListDetails): string {
  const slug = (Name ?? "").toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const start = `azure-${slug}`.slice(0, 50).replace(/-+$/, "");
  return `${start}-${randomBytes(5).toString("hex")}`;
}

export function newListFields(details: ListDetails): NewListFields {
  return {
    kind: "disallow",
    action: "block",
    match: "fast",
    enabled: true,
    description: details.Description ?? "",
    metadata: changedMetadata({}, { ...details, Name: details.Name ?? "" }),
  };
}

/** What of a list is to be changed. */
export function listChanges(row: ListRow, details: ListDetails): Pick<NewListFields, "description" | "metadata"> {
  return {
    description: details.Description ?? row.description,
    metadata: changedMetadata(row.metadata, details),
  };
}

/** The owner's other metadata stay. */
function changedMetadata(metadata: ListRow["metadata"], details: ListDetails): Record<string, string> {
  const name = details.Name ?? metadata[NAME];
  const given = details.Metadata ?? null;
  const kept = Object.entries(metadata).filter(([key]) => given === null || !key.startsWith(METADATA));
  const added = Object.entries(given ?? {}).map(([key, value]) => [METADATA + key, value] as const);
  return { ...Object.fromEntries([...kept, ...added]), ...(name !== undefined && { [NAME]: name }) };
}
