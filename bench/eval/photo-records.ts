import { readFile } from "node:fs/promises";
import { ATTACKS } from "./attacks.ts";
import { readBase } from "./base.ts";
import { cacheFile, type PhotoRecords, readRecords, writeRecords } from "./feature-cache.ts";
import type { FeatureReader } from "./features.ts";

/** The name of the record of the photo itself. */
export const ORIGINAL = "original";

export interface PhotoTask {
  readonly path: string;
  /** Names; the photo itself is always among what is read. */
  readonly attacks: readonly string[];
  /** Whether the peers are asked about the attacked copies too. */
  readonly peers: boolean;
  readonly cache: string;
}

/** Makes the records of a photo that are not kept yet, and keeps them. */
export async function makeRecords(task: PhotoTask, features: FeatureReader): Promise<void> {
  const bytes = await readFile(task.path);
  const file = cacheFile(task.cache, bytes, task.path);
  const records = await readRecords(file);
  const known = records.size;
  if (!records.has(ORIGINAL)) records.set(ORIGINAL, await features.read(bytes, true));
  const missing = ATTACKS.filter(({ name }) => task.attacks.includes(name) && !records.has(name));
  const base = missing.length === 0 ? null : await readBase(bytes, task.path);
  for (const { name, apply } of missing) {
    if (base !== null) records.set(name, await features.read(await apply(base), task.peers));
  }
  if (records.size > known) await writeRecords(file, records);
}

/** The records that `makeRecords` has kept. */
export async function keptRecords({ path, cache }: PhotoTask): Promise<PhotoRecords> {
  return await readRecords(cacheFile(cache, await readFile(path), path));
}
