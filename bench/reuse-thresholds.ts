// Over all photos at hand: how far a half-size JPEG copy lies from its original, how near two different photos come, and
// what share of copies, and of pairs, each choice of thresholds would take for the same.
//   npx tsx bench/reuse-thresholds.ts
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { DEFAULT_MATCH_RULE } from "../src/fingerprint/default-rule.ts";
import type { PerceptualFingerprint } from "../src/fingerprint/fingerprint.ts";
import { fingerprintPixels } from "../src/fingerprint/fingerprint-image.ts";
import { hammingDistance } from "../src/fingerprint/hamming.ts";
import { hexToBytes } from "../src/fingerprint/hex.ts";
import { REUSE_THRESHOLDS } from "../src/fingerprint/reuse.ts";
import { decodeFull } from "../src/image/decode-image.ts";
import { PHOTO_FOLDERS, sharedPhotos } from "../test/support/shared-photos.ts";

const COPY_QUALITY = 80;
const NEAREST_SHOWN = 5;

/** Thresholds to compare, PDQ and blockhash in bits. */
const CHOICES = [
  [10, 4],
  [16, 6],
  [20, 8],
  [26, 10],
  [31, 10],
  [31, 16],
  [40, 16],
  [52, 20],
  [60, 26],
] as const;

interface Distances {
  /** Bits; over the eight symmetries for `turned`. */
  readonly pdq: number;
  readonly turned: number;
  readonly blockhash: number;
  readonly names: string;
}

const photos = sharedPhotos();
const prints: PerceptualFingerprint[] = [];
const copies: (Distances & { readonly folder: string })[] = [];
for (const { path, folder, name } of photos) {
  const bytes = await readFile(path);
  const pixels = await decodeFull(bytes);
  const print = fingerprintPixels(pixels);
  const half = sharp(bytes)
    .autoOrient()
    .resize(Math.round(pixels.width / 2), Math.round(pixels.height / 2), { fit: "fill" });
  const copy = fingerprintPixels(await decodeFull(await half.jpeg({ quality: COPY_QUALITY }).toBuffer()));
  prints.push(print);
  copies.push({ ...between(print, copy, name), folder });
}
const sufficient = photos.map((photo, i) => ({ ...photo, print: prints[i] }));
const pairs: Distances[] = [];
for (const [i, one] of sufficient.entries()) {
  for (const other of sufficient.slice(i + 1)) {
    if (one.print?.detail === "sufficient" && other.print?.detail === "sufficient") {
      pairs.push(between(one.print, other.print, `${one.name} ${other.name}`));
    }
  }
}

console.log(
  `${photos.length} photos, insufficient detail:`,
  sufficient
    .filter(({ print }) => print?.detail !== "sufficient")
    .map(({ name }) => name)
    .join(", ") || "none",
);
console.log("\nhalf-size JPEG copies, bits: median, 95 %, 99 %, worst");
for (const folder of [...PHOTO_FOLDERS, ""]) {
  const chosen = copies.filter((copy) => folder === "" || copy.folder === folder);
  const [pdq, blockhash] = [chosen.map((copy) => copy.pdq), chosen.map((copy) => copy.blockhash)];
  console.log((folder || "all").padEnd(9), "PDQ", spread(pdq), "  blockhash", spread(blockhash));
}
console.log(`\nnearest of ${pairs.length} pairs of different photos`);
for (const kind of ["pdq", "turned", "blockhash"] as const) {
  console.log(kind === "turned" ? "PDQ in any of the eight symmetries" : kind);
  for (const pair of [...pairs].sort((a, b) => a[kind] - b[kind]).slice(0, NEAREST_SHOWN)) {
    console.log(`  PDQ ${pair.pdq}, turned ${pair.turned}, blockhash ${pair.blockhash}: ${pair.names}`);
  }
}
console.log("\nPDQ  blockhash   copies within both   pairs within both   pairs within either, turned too");
for (const [pdq, blockhash] of CHOICES) {
  const both = (d: Distances) => d.pdq <= pdq && d.blockhash <= blockhash;
  const either = pairs.filter((d) => d.turned <= pdq || d.blockhash <= blockhash).length;
  const share = ((100 * copies.filter(both).length) / copies.length).toFixed(1);
  const cells = [
    `${share} %`.padStart(16),
    String(pairs.filter(both).length).padStart(19),
    String(either).padStart(20),
  ];
  console.log(String(pdq).padEnd(4), String(blockhash).padEnd(9), ...cells);
}
console.log("\nshipped:", { reuse: REUSE_THRESHOLDS, lists: DEFAULT_MATCH_RULE });

function between(one: PerceptualFingerprint, other: PerceptualFingerprint, names: string): Distances {
  const hash = hexToBytes(other.pdq ?? "");
  const turned = Object.values(one.variants.find(({ trimmed }) => !trimmed)?.pdq ?? {}).map((turn) =>
    hammingDistance(turn, hash),
  );
  return {
    pdq: hammingDistance(one.pdq ?? "", hash),
    turned: Math.min(...turned),
    blockhash: hammingDistance(one.blockhash ?? "", other.blockhash ?? ""),
    names,
  };
}

function spread(bits: readonly number[]): string {
  const sorted = [...bits].sort((a, b) => a - b);
  return [0.5, 0.95, 0.99, 1].map((part) => sorted[Math.ceil(part * sorted.length) - 1]).join(", ");
}
