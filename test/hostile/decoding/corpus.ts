import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { sharedData } from "../../support/shared-data.ts";
import type { HostileFile } from "./hostile-file.ts";

const BLOCK = 512;

/** Every file of the shared archive, read in place; null where that archive is not beside the project. */
export function hostileCorpus(): HostileFile[] | null {
  const path = sharedData("hostile.tar.gz");
  if (path === null) return null;
  return [...tarFiles(gunzipSync(readFileSync(path)))].filter(({ name }) => !name.endsWith("MANIFEST.tsv"));
}

/** The plain files of a tar archive (POSIX ustar; long names by GNU's extension). The collection is the folder they are in. */
function* tarFiles(archive: Buffer): Generator<HostileFile> {
  let longName: string | null = null;
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const length = Number.parseInt(field(archive, at + 124, 12), 8);
    const type = String.fromCharCode(archive[at + 156] ?? 0);
    const content = archive.subarray(at + BLOCK, at + BLOCK + length);
    const name: string = longName ?? [field(archive, at + 345, 155), field(archive, at, 100)].filter(Boolean).join("/");
    longName = type === "L" ? field(content, 0, length) : null;
    if (type === "0" || type === "\0") yield { corpus: name.split("/").at(-2) ?? "", name, bytes: content };
    at += BLOCK + Math.ceil(length / BLOCK) * BLOCK;
  }
}

function field(bytes: Buffer, at: number, length: number): string {
  return bytes
    .toString("latin1", at, at + length)
    .replace(/\0[\s\S]*$/, "")
    .trim();
}
