import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { sharedPhotos } from "../../test/support/shared-photos.ts";

export interface EvalPhoto {
  /** Folder and file: `kodak/1.png`. */
  readonly name: string;
  readonly path: string;
  /** Whether the peers are asked about its attacked copies: they take as long as everything else. */
  readonly peers: boolean;
}

/** Of so many photos one goes to the peers. */
export const PEERS_EVERY = 4;

const PICTURE = /\.(jpe?g|png|webp|gif|avif)$/i;

/**
 * The pictures in the folders and below them, or the shared photos where none is named; in the order of their names.
 * @throws Error where there are fewer than two, or two of the same name
 */
export function evalPhotos(folders: readonly string[]): EvalPhoto[] {
  const photos =
    folders.length === 0
      ? sharedPhotos().map(({ folder, name, path }) => ({ name: `${folder}/${name}`, path }))
      : folders.flatMap(picturesIn);
  if (photos.length < 2) throw new Error(`Expected at least 2 photos but found ${photos.length}`);
  if (new Set(photos.map(({ name }) => name)).size < photos.length)
    throw new Error("Expected folders of different names");
  return photos.map((photo, i) => ({ ...photo, peers: i % PEERS_EVERY === 0 }));
}

function picturesIn(folder: string): Omit<EvalPhoto, "peers">[] {
  const root = resolve(folder);
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => PICTURE.test(name));
  return names.sort().map((name) => ({ name: `${basename(root)}/${name}`, path: join(root, name) }));
}

/** `count` of the values, evenly spread; all where there are no more. */
export function evenly<T>(values: readonly T[], count: number): T[] {
  if (count >= values.length) return [...values];
  return Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)]!);
}
