import type { Detail, DetailCause, PerceptualKind } from "./fingerprint.ts";
import { hammingDistance } from "./hamming.ts";
import type { Pdq } from "./pdq.ts";
import { BLOCK_GRID, PDQ_GRID } from "./sampling.ts";
import type { Survey } from "./survey.ts";

/** A sample counts as textured where the second difference around it reaches this many levels of luma (of 255). */
const CURVED_LEVELS = 2;

/** A PDQ bit holds where its coefficient lies this far from the median; noise moves coefficients by a few levels. */
const FIRM_COEFFICIENT = 8;

/** A blockhash bit holds where its block lies this far from its band's median, in levels of R + G + B. */
const FIRM_BLOCK = 6;

/** blockhash compares blocks inside four bands of four rows. */
const BAND_BLOCKS = BLOCK_GRID * 4;

/**
 * Least share of textured samples, of firm bits of either hash, and least number of coefficients that carry the
 * picture's energy. Of 777 photos the lowest values are 0.42, 0.52, 0.44 and 21; docs/decisions/0002-fingerprints.md.
 */
const LEAST = { textured: 0.2, firmPdq: 0.4, firmBlocks: 0.3, coefficients: 16 } as const;

/** A sample shows the ground within so many levels of luma; a cut-out may show the ground in such a share of its samples. */
const GROUND_LEVELS = 16;
const MOST_GROUND = 0.15;

/** Bits within which a picture looks like itself turned. Of 777 photos none does within 78, and none twice within 104. */
const LIKE_ITSELF_BITS = 64;

const bandValues = new Float64Array(BAND_BLOCKS);

/**
 * Why a picture has too little detail for its perceptual hashes to tell it from others; null where it has enough. Blank
 * pictures, gradients and stripes leave most bits to noise; solid shapes, halves and a few words on white give firm bits,
 * but the same ones to every picture of their kind. Neither all-zero hashes nor PDQ's quality, which is 100 for a plain
 * square, shows that.
 */
export function detailCause(survey: Survey, { coefficients, transforms }: Pdq): DetailCause | null {
  if (texturedShare(survey.luma) < LEAST.textured) return "little_texture";
  if (firmPdqShare(coefficients) < LEAST.firmPdq) return "unsteady_bits";
  if (firmBlockShare(survey.blocks) < LEAST.firmBlocks) return "unsteady_bits";
  if (carryingCoefficients(coefficients) < LEAST.coefficients) return "few_patterns";
  return isSymmetric(transforms) ? "few_patterns" : null;
}

/**
 * Whether what is left of a picture without its border is a picture of its own, and no shape or word on that ground: cut
 * out close, these are all outline and pass for texture.
 * @param luma 64 x 64 samples of what is left, 0..255
 * @param ground luma of the border, 0..255
 */
export function coversGround(luma: Float64Array, ground: number): boolean {
  const bare = luma.reduce((count, level) => count + (Math.abs(level - ground) <= GROUND_LEVELS ? 1 : 0), 0);
  return bare <= MOST_GROUND * luma.length;
}

/** Whether a picture is nearly the same under two symmetries, as rings, stars and checks are. */
function isSymmetric({ identity, ...others }: Pdq["transforms"]): boolean {
  const alike = Object.values(others).filter((hash) => hammingDistance(identity, hash) <= LIKE_ITSELF_BITS);
  return alike.length >= 2;
}

/**
 * What a hash alone shows of that, where the picture is not at hand: bits nearly all alike, few distinct rows or columns,
 * or hardly any change along an axis. A hash that passes may still come from a picture with too little detail.
 * @param hash 64 hex digits
 */
export function hashDetail(kind: PerceptualKind, hash: string): Detail {
  const least = LEAST_IN_HASH[kind];
  const rows = Array.from({ length: 16 }, (_, i) => Number.parseInt(hash.slice(4 * i, 4 * i + 4), 16));
  const columns = Array.from({ length: 16 }, (_, j) =>
    rows.reduce((column, row, i) => column | (((row >> j) & 1) << i), 0),
  );
  const ones = rows.reduce((sum, row) => sum + onesOf(row), 0);
  const across = changes(columns);
  const down = changes(rows);
  const sufficient =
    Math.abs(ones - 128) <= least.balance &&
    Math.min(new Set(rows).size, new Set(columns).size) >= least.distinctLines &&
    Math.min(across, down) >= least.changesPerAxis &&
    across + down >= least.changes &&
    across + down <= least.mostChanges;
  return sufficient ? "sufficient" : "insufficient";
}

/** Wider than anything met in 777 photos and 1,350 PDQ hashes of the reference's test data. */
const LEAST_IN_HASH = {
  pdq: { balance: 32, distinctLines: 10, changesPerAxis: 30, changes: 120, mostChanges: 380 },
  blockhash: { balance: 72, distinctLines: 6, changesPerAxis: 9, changes: 48, mostChanges: 240 },
} as const;

/**
 * Share of samples with curvature along, across or between the axes; a linear gradient has none. Every other sample of
 * every other row is enough to tell.
 */
function texturedShare(luma: Float64Array): number {
  let textured = 0;
  for (let y = 1; y < PDQ_GRID - 1; y += 2) {
    for (let x = 1; x < PDQ_GRID - 1; x += 2) {
      const at = y * PDQ_GRID + x;
      const here = luma[at] ?? 0;
      const right = luma[at + 1] ?? 0;
      const below = luma[at + PDQ_GRID] ?? 0;
      const across = Math.abs((luma[at - 1] ?? 0) + right - 2 * here);
      const down = Math.abs((luma[at - PDQ_GRID] ?? 0) + below - 2 * here);
      const between = Math.abs(here + (luma[at + PDQ_GRID + 1] ?? 0) - right - below);
      if (across >= CURVED_LEVELS || down >= CURVED_LEVELS || between >= CURVED_LEVELS) {
        textured++;
      }
    }
  }
  return textured / ((PDQ_GRID - 2) / 2) ** 2;
}

function firmPdqShare(coefficients: Float64Array): number {
  const median = coefficients.slice().sort()[coefficients.length / 2 - 1] ?? 0;
  let firm = 0;
  for (const coefficient of coefficients) {
    if (Math.abs(coefficient - median) >= FIRM_COEFFICIENT) {
      firm++;
    }
  }
  return firm / coefficients.length;
}

/** Number of the largest coefficients that carry nine tenths of the energy. */
function carryingCoefficients(coefficients: Float64Array): number {
  const energies = coefficients.map((coefficient) => coefficient * coefficient).sort();
  const rest = energies.reduce((sum, energy) => sum + energy, 0) / 10;
  let below = 0;
  let small = 0;
  for (const energy of energies) {
    below += energy;
    if (below > rest) {
      break;
    }
    small++;
  }
  return energies.length - small;
}

/** By bands of rows or of columns, whichever leaves more: a turned picture is judged as it would be upright. */
function firmBlockShare(blocks: Float64Array): number {
  return Math.max(firmShareInBands(blocks, BLOCK_GRID, 1), firmShareInBands(blocks, 1, BLOCK_GRID));
}

function firmShareInBands(blocks: Float64Array, lineStep: number, step: number): number {
  let firm = 0;
  for (let line = 0; line < BLOCK_GRID; line += BAND_BLOCKS / BLOCK_GRID) {
    for (let i = 0; i < BAND_BLOCKS; i++) {
      const at = (line + Math.floor(i / BLOCK_GRID)) * lineStep + (i % BLOCK_GRID) * step;
      bandValues[i] = blocks[at] ?? 0;
    }
    bandValues.sort();
    const median = ((bandValues[BAND_BLOCKS / 2 - 1] ?? 0) + (bandValues[BAND_BLOCKS / 2] ?? 0)) / 2;
    for (const value of bandValues) {
      if (Math.abs(value - median) >= FIRM_BLOCK) {
        firm++;
      }
    }
  }
  return firm / blocks.length;
}

/** Bits that differ from one line to the next. */
function changes(lines: readonly number[]): number {
  return lines.slice(1).reduce((sum, line, i) => sum + onesOf(line ^ (lines[i] ?? 0)), 0);
}

function onesOf(word: number): number {
  let ones = 0;
  for (let rest = word; rest > 0; rest &= rest - 1) {
    ones++;
  }
  return ones;
}
