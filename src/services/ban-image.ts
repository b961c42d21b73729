import { createHash } from "node:crypto";
import { type EntryOutcome, type EntryRow, insertEntry, type NewEntry } from "../db/entries.ts";
import type { SearchBits } from "../db/entry-bits.ts";
import { searchedBits } from "../db/near-bits.ts";
import { AppError } from "../errors.ts";
import { hashDetail } from "../fingerprint/detail.ts";
import { type HashKind, PERCEPTUAL_KINDS } from "../fingerprint/fingerprint.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import { fetchCaller } from "./fetch-shares.ts";
import { fingerprintEntry } from "./fingerprint-entry.ts";
import { getList, noSuchList } from "./get-list.ts";
import { publicId } from "./ids.ts";
import { type ImageSource, withImage } from "./image-source.ts";
import { requireScope } from "./require-scope.ts";

/** Hashes of a picture that is not at hand; at least one. */
export type GivenHashes = Readonly<Partial<Record<HashKind, string>>>;

export interface BanInput {
  readonly listName: string;
  readonly picture: ImageSource | { readonly hashes: GivenHashes };
  readonly customId: string | null;
  readonly note: string;
  /** The caller's own texts by name. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Null: for good. */
  readonly expiresAt: Date | null;
}

export interface BanResult {
  readonly entry: EntryRow;
  readonly outcome: EntryOutcome;
}

/** How the audit names what adding an entry did. */
export const AUDIT_ACTIONS: Record<Exclude<EntryOutcome, "unchanged">, string> = {
  created: "entry.create",
  restored: "entry.restore",
  completed: "entry.complete",
};

type Fingerprints = Omit<NewEntry, "listId" | "customId" | "note" | "metadata" | "expiresAt" | "createdBy">;

/**
 * Puts a picture into a list; the next request anywhere is matched against it. A picture without detail is held by its
 * exact hashes only, since its looks would match every other flat picture. The same picture again gives the same entry, with
 * hashes it lacked filled in, and in force again where it was not.
 * @throws AppError list_not_found; list_kind_mismatch; what is wrong with the image; hash_insufficient_detail where nothing
 * exact is given
 */
export async function banImage(ctx: RequestContext, input: BanInput): Promise<BanResult> {
  const actor = requireScope(ctx, "lists");
  const list = await getList(ctx, input.listName);
  if (list.kind === "names") {
    throw new AppError(
      "list_kind_mismatch",
      `Expected a pattern for the list of names ${list.name} but received a picture`,
      { field: "image" },
    );
  }
  const { fingerprints, bits } =
    "hashes" in input.picture ? fromHashes(input.picture.hashes) : await fromImage(ctx, input.picture);
  const fields: NewEntry = {
    ...fingerprints,
    listId: list.id,
    customId: input.customId,
    note: input.note,
    metadata: input.metadata ?? {},
    expiresAt: input.expiresAt,
    createdBy: actor.id,
  };
  const added = await insertEntry(ctx.db, fields, bits, (entry, outcome) => {
    const details = { list: list.name, source: entry.source, sha256: entry.sha256, custom_id: entry.customId };
    return auditEvent(ctx, actor, AUDIT_ACTIONS[outcome], publicId("entry", entry.id), details);
  });
  if (added === null) return noSuchList(input.listName);
  return { entry: added.row, outcome: added.outcome };
}

async function fromImage(
  ctx: RequestContext,
  source: ImageSource,
): Promise<{ fingerprints: Fingerprints; bits: readonly SearchBits[] }> {
  const { fingerprint, bits, digests } = await withImage(ctx, source, fetchCaller(ctx), async (image) => ({
    ...(await fingerprintEntry(ctx, image.bytes)),
    digests: await image.digests(),
  }));
  // Where it came from is kept, so that its hashes can be made anew when their algorithms change.
  const origin = "url" in source ? { source: "url" as const, sourceUrl: source.url } : { source: "image" as const };
  return { fingerprints: { ...origin, identity: digests.sha256, ...digests, ...fingerprint }, bits };
}

function fromHashes(hashes: GivenHashes): { fingerprints: Fingerprints; bits: readonly SearchBits[] } {
  const weak = PERCEPTUAL_KINDS.filter((kind) => {
    const hash = hashes[kind];
    return hash !== undefined && hashDetail(kind, hash) === "insufficient";
  });
  const exact = hashes.sha256 ?? hashes.sha1 ?? hashes.md5;
  const strong = PERCEPTUAL_KINDS.filter((kind) => hashes[kind] !== undefined && !weak.includes(kind));
  if (exact === undefined && strong.length === 0) {
    const field = `hashes.${weak[0]}`;
    throw new AppError(
      "hash_insufficient_detail",
      `Expected a hash with enough detail to match by for ${field} but received one that flat pictures share`,
      { field },
    );
  }
  return {
    fingerprints: {
      source: "hashes",
      identity: hashes.sha256 ?? identityOf(hashes),
      ...hashes,
      detail: strong.length > 0 ? "sufficient" : "insufficient",
      fingerprintVersion: null,
    },
    bits: strong.map((kind) => ({ kind, variant: 0, bits: searchedBits(kind, hashes[kind] ?? "") })),
  };
}

/** Names the same set of hashes the same way, whatever order they came in. */
function identityOf(hashes: GivenHashes): string {
  const lines = Object.entries(hashes)
    .map(([kind, value]) => `${kind}=${value}`)
    .sort();
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}
