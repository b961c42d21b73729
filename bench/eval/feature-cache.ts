import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { seedOf } from "./base.ts";
import { RECORD } from "./record.ts";

/** The records of one photo by the names of attacks. */
export type PhotoRecords = Map<string, Buffer>;

/**
 * Where a photo's records are kept: one file a photo, named after its bytes and its name, both of which the attacks
 * depend on. A line of JSON with the attacks' names, then their records.
 */
export function cacheFile(folder: string, bytes: Uint8Array, path: string): string {
  const digest = createHash("sha256").update(bytes).digest("hex");
  return join(folder, `${digest.slice(0, 32)}-${seedOf(basename(path)).toString(16)}.records`);
}

/** Empty where nothing is kept yet. */
export async function readRecords(file: string): Promise<PhotoRecords> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (bytes === null) return new Map();
  const start = bytes.indexOf("\n") + 1;
  const names = JSON.parse(bytes.toString("utf8", 0, start)) as string[];
  if (bytes.length !== start + names.length * RECORD.bytes) throw new Error(`Expected whole records in ${file}`);
  return new Map(
    names.map((name, i) => [name, bytes.subarray(start + i * RECORD.bytes, start + (i + 1) * RECORD.bytes)]),
  );
}

/** Replaces the file at once, so that a run that is stopped leaves no half of one. */
export async function writeRecords(file: string, records: PhotoRecords): Promise<void> {
  await mkdir(join(file, ".."), { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, Buffer.concat([Buffer.from(`${JSON.stringify([...records.keys()])}\n`), ...records.values()]));
  await rename(draft, file);
}
