import { lstat, readFile, symlink } from "node:fs/promises";
import { basename, join, relative } from "node:path";

/** A symbolic link that npm could not pack: `path` (absolute) should lead to `target`, a name in the same folder. */
export interface LibraryLink {
  readonly path: string;
  readonly target: string;
}

/**
 * The library links that an engine's native folder lacks. The package's install script makes them, but npm may have
 * been told to run no scripts.
 */
export async function findMissingLinks(nativeFolder: string): Promise<LibraryLink[]> {
  const listed: { source: string; target: string }[] = JSON.parse(
    await readFile(join(nativeFolder, "pg-symlinks.json"), "utf8"),
  );
  const missing: LibraryLink[] = [];
  for (const { source, target } of listed) {
    // Listed as native/lib/...; the native folder may be a copy of another name.
    const path = join(nativeFolder, relative("native", target));
    const present = await lstat(path).catch(() => null);
    if (present === null) missing.push({ path, target: basename(source) });
  }
  return missing;
}

/** @throws the file system's error where the folder can't be written. */
export async function createLinks(links: readonly LibraryLink[]): Promise<void> {
  for (const link of links) {
    await symlink(link.target, link.path).catch((error: NodeJS.ErrnoException) => {
      // Another process starting at the same moment made it.
      if (error.code !== "EEXIST") throw error;
    });
  }
}
