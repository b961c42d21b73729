import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { opendir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { MAX_IMAGE_BYTES } from "./image-source.ts";

/** The pictures below a folder, found by the SHA-256 of their bytes. */
export interface PictureFolder {
  /** Files that were looked at. */
  readonly files: number;
  /** The file whose bytes had this digest (64 hex digits) when the folder was read; null where none had. */
  read(sha256: string): Promise<Buffer | null>;
}

/**
 * Reads every file below a folder once, without keeping its bytes. Files that are empty or larger than an image may be are
 * left out, as are links to folders.
 * @param onFile told after each file how many there were so far
 * @throws Error with a system's code where the folder, or a file in it, can't be read
 */
export async function readPictureFolder(folder: string, onFile: (files: number) => void): Promise<PictureFolder> {
  const paths = new Map<string, string>();
  let files = 0;
  for await (const path of filesBelow(folder)) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    paths.set(hash.digest("hex"), path);
    files += 1;
    onFile(files);
  }
  return {
    files,
    async read(sha256) {
      const path = paths.get(sha256);
      return path === undefined ? null : await readFile(path);
    },
  };
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const found of await opendir(folder)) {
    const path = join(folder, found.name);
    if (found.isDirectory()) yield* filesBelow(path);
    else if (await mayBeImage(path)) yield path;
  }
}

/** A link that leads nowhere is no image. */
async function mayBeImage(path: string): Promise<boolean> {
  const file = await stat(path).catch(() => null);
  return file?.isFile() === true && file.size > 0 && file.size <= MAX_IMAGE_BYTES;
}
