import { findImageBySha256 } from "../db/find-image.ts";
import {
  countStaleEntries,
  type HashVersions,
  pageStaleEntries,
  replaceFingerprints,
  type StaleEntry,
} from "../db/stale-entries.ts";
import { type NeuralHash, neuralHashOf } from "../fingerprint/neural.ts";
import type { AppContext } from "./context.ts";
import { findEntryPicture, type PictureFault, unusable } from "./entry-picture.ts";
import { type FingerprintedEntry, fingerprintEntry } from "./fingerprint-entry.ts";
import { hashVersions } from "./hash-versions.ts";
import { publicId } from "./ids.ts";
import { knownFingerprint, withNeural } from "./known-fingerprint.ts";
import type { PictureFolder } from "./picture-folder.ts";

const PAGE_ENTRIES = 500;
/** Entries that wait for somebody's server while the workers are busy with others. */
const WAITING_ENTRIES = 4;

export interface RehashOptions {
  /** Null: of every list. */
  readonly listName: string | null;
  /** Pictures at hand, null for none. */
  readonly pictures: PictureFolder | null;
  /** Does everything but the writing. */
  readonly dryRun: boolean;
  onProgress(progress: { readonly done: number; readonly total: number }): void;
}

/** Where an entry's new hashes came from: a file, its URL, or an image that was checked since. */
export type RehashOrigin = "folder" | "url" | "image";

/** An entry that keeps hashes of another version. */
export interface LeftEntry extends PictureFault {
  readonly entryId: string;
  readonly list: string;
  readonly sha256: string | null;
  readonly customId: string | null;
  /** False: it matches by its exact hashes only. */
  readonly compared: boolean;
}

export interface RehashReport {
  readonly versions: HashVersions;
  readonly upgraded: Readonly<Record<RehashOrigin, number>>;
  /** In the order they were added. */
  readonly left: readonly LeftEntry[];
}

/**
 * Gives list entries that have hashes of another version those of the present one, as far as their pictures, or hashes
 * of the same bytes, are at hand. Each entry is changed whole or not at all; a second run goes on with what is left.
 * @throws AppError database_unavailable, overloaded
 */
export async function rehashEntries(ctx: AppContext, options: RehashOptions): Promise<RehashReport> {
  const versions = hashVersions(ctx);
  const { listName } = options;
  const total = (await countStaleEntries(ctx.db.patient, versions, listName)).entries;
  const upgraded: Record<RehashOrigin, number> = { folder: 0, url: 0, image: 0 };
  const left: { readonly id: bigint; readonly entry: LeftEntry }[] = [];
  let done = 0;
  async function rehash(entry: StaleEntry): Promise<void> {
    const { origin, fault, compared } = await rehashEntry(ctx, entry, versions, options);
    if (origin !== null) upgraded[origin] += 1;
    if (fault !== null) left.push({ id: entry.id, entry: leftEntry(entry, fault, compared) });
    done += 1;
    options.onProgress({ done, total });
  }
  let page = await pageStaleEntries(ctx.db.patient, versions, listName, 0n, PAGE_ENTRIES);
  while (page.length > 0) {
    const waiting = page.values();
    const lanes = Array.from({ length: ctx.config.workers + WAITING_ENTRIES }, async () => {
      for (const entry of waiting) await rehash(entry);
    });
    await Promise.all(lanes);
    page = await pageStaleEntries(ctx.db.patient, versions, listName, page.at(-1)?.id ?? 0n, PAGE_ENTRIES);
  }
  left.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { versions, upgraded, left: left.map(({ entry }) => entry) };
}

function leftEntry(entry: StaleEntry, fault: PictureFault, compared: boolean): LeftEntry {
  const { listName: list, sha256, customId } = entry;
  return { entryId: publicId("entry", entry.id), list, sha256, customId, compared, ...fault };
}

interface Outcome {
  /** Null where nothing could be upgraded. */
  readonly origin: RehashOrigin | null;
  /** Null where nothing is left to upgrade. */
  readonly fault: PictureFault | null;
  readonly compared: boolean;
}

async function rehashEntry(
  ctx: AppContext,
  entry: StaleEntry,
  versions: HashVersions,
  options: RehashOptions,
): Promise<Outcome> {
  const write = async (renewed: FingerprintedEntry, origin: RehashOrigin, fault: PictureFault | null = null) => {
    if (!options.dryRun) await replace(ctx, entry, renewed, origin);
    return { origin, fault, compared: true };
  };
  const image = entry.sha256 === null ? null : await findImageBySha256(ctx.db, entry.sha256);
  const known = image?.fingerprintVersion === versions.current ? knownFingerprint(image) : null;
  // What another model has hashed is kept while the present one makes no hashes.
  const kept = (renewed: FingerprintedEntry) =>
    versions.neuralVersion === null ? withNeural(renewed, neuralOf(entry)) : renewed;
  if (known !== null && isComplete(known, versions)) return await write(kept(known), "image");
  const picture = await findEntryPicture(ctx, entry, options.pictures);
  let fault: PictureFault;
  if ("reason" in picture) fault = picture;
  else {
    const renewed = await fingerprintEntry(ctx, picture.bytes).catch(unusable);
    if (!("reason" in renewed)) return await write(kept(renewed), picture.from);
    fault = renewed;
  }
  if (known === null || entry.fingerprintVersion === versions.current) {
    return { origin: null, fault, compared: entry.comparable };
  }
  const detail = `only the neural hash is left: ${fault.detail}`;
  return await write(withNeural(known, neuralOf(entry)), "image", { ...fault, detail });
}

function isComplete({ fingerprint }: FingerprintedEntry, { neuralVersion }: HashVersions): boolean {
  if (neuralVersion === null || fingerprint.detail === "insufficient") return true;
  return fingerprint.neuralVersion === neuralVersion;
}

function neuralOf({ neural, neuralVersion }: StaleEntry): NeuralHash | null {
  return neural === null || neuralVersion === null ? null : neuralHashOf(neuralVersion, neural);
}

async function replace(
  ctx: AppContext,
  entry: StaleEntry,
  { fingerprint, bits }: FingerprintedEntry,
  origin: RehashOrigin,
): Promise<void> {
  await replaceFingerprints(ctx.db, entry.id, fingerprint, bits, {
    actor: "system",
    action: "entry.rehash",
    subject: publicId("entry", entry.id),
    details: {
      list: entry.listName,
      sha256: entry.sha256,
      origin,
      fingerprint_version: [entry.fingerprintVersion, fingerprint.fingerprintVersion],
      neural_version: [entry.neuralVersion, fingerprint.neuralVersion],
    },
  });
}
