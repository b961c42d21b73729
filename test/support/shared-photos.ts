import { readdirSync } from "node:fs";
import { sharedData } from "./shared-data.ts";

export const PHOTO_FOLDERS = ["kodak", "cid22", "clothing"] as const;

export interface SharedPhoto {
  readonly folder: (typeof PHOTO_FOLDERS)[number];
  readonly name: string;
  readonly path: string;
}

/** The photos of the shared test data, in a fixed order; none where that data is absent. */
export function sharedPhotos(): SharedPhoto[] {
  return PHOTO_FOLDERS.flatMap((folder) => {
    const root = sharedData(`photos/${folder}/`);
    const names =
      root === null ? [] : readdirSync(root).filter((name) => !/^(LICENSE|README|.*\.(md|txt))$/.test(name));
    return names.sort().map((name) => ({ folder, name, path: `${root}${name}` }));
  });
}
