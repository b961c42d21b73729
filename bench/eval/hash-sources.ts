import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

const ENTRIES = ["../../src/fingerprint/fingerprint-image.ts", "../../src/image/decode-image.ts"];
const HASHING = /\/src\/fingerprint\//;

/**
 * 12 hex digits of the source that hashes are made by: the decoder, and whatever of src/fingerprint fingerprint-image.ts
 * imports. While the hashes are worked on their version says too little.
 */
export async function hashSourcesDigest(): Promise<string> {
  const digest = createHash("sha256");
  const seen = new Set<string>();
  const left = ENTRIES.map((entry) => new URL(entry, import.meta.url));
  for (let file = left.shift(); file !== undefined; file = left.shift()) {
    if (seen.has(file.href)) continue;
    seen.add(file.href);
    const text = await readFile(file, "utf8");
    digest.update(text);
    const imports = [...text.matchAll(/from "(\.[^"]+)"/g)].map(([, path = ""]) => new URL(path, file));
    left.push(...imports.filter(({ pathname }) => HASHING.test(pathname)));
  }
  return digest.digest("hex").slice(0, 12);
}
