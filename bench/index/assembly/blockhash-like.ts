import { medianOf } from "./median";
import { below, between, normal, unit } from "./random";

const SIDE: i32 = 16;
const BLOCKS: i32 = 256;
const BAND: i32 = 64;
/** Brightness of white, R + G + B. */
const WHITE: f32 = 765;
/** blockhash calls blocks equal that differ by less than this in R + G + B (src/fingerprint/blockhash.ts). */
const EQUAL_BELOW: f32 = 0.25;

const blocks = new StaticArray<f32>(BLOCKS);
const band = new StaticArray<f32>(BAND);

/**
 * blockhash of a made-up picture: 16 x 16 block means of a scene, and blockhash's own rule. Of a hundred scenes 65 are
 * leaves over a gradient (Lee, Mumford, Huang: Occlusion models for natural images, 2001), 15 products on white, 10 text
 * documents, 10 portraits on plain ground: the last three make dense clusters, as they do among real pictures.
 */
export function drawBlockhash(bits: StaticArray<u8>): void {
  const scene = unit();
  if (scene < 0.65) drawLeaves();
  else if (scene < 0.8) drawProduct();
  else if (scene < 0.9) drawDocument();
  else drawPortrait();
  applyMedianRule(bits);
}

function drawLeaves(): void {
  drawGround(between(100, 650), 40, 6);
  const leaves = 10 + below(24);
  for (let leaf = 0; leaf < leaves; leaf++) {
    const size: f32 = <f32>1 / sqrt<f32>(between(0.02, 1));
    const width = size * between(0.6, 1.6);
    const height = size * between(0.6, 1.6);
    drawEllipse(between(-1, 16), between(-1, 16), width, height, between(30, 735), between(0, 30));
  }
}

function drawProduct(): void {
  for (let i = 0; i < BLOCKS; i++) unchecked((blocks[i] = WHITE));
  const plain = unit() < 0.12;
  const parts = plain ? 1 : 6 + below(8);
  const middleX: f32 = 7.5 + normal() * 0.7;
  const middleY: f32 = 7.5 + normal() * 0.7;
  for (let part = 0; part < parts; part++) {
    const spread: f32 = part == 0 ? 0 : 5;
    const x = middleX + normal() * spread;
    const y = middleY + normal() * spread;
    const width = plain ? between(3, 5.5) : between(0.8, 3.5);
    const height = plain ? between(3, 5.5) : between(0.8, 3.5);
    drawEllipse(x, y, width, height, between(40, 620), 60);
  }
}

function drawDocument(): void {
  for (let i = 0; i < BLOCKS; i++) unchecked((blocks[i] = WHITE));
  const left = below(3);
  const right = SIDE - 1 - below(4);
  const pitch = between(1, 2.6);
  const phase = unit() * pitch;
  const ink = between(60, 260);
  const bottom = SIDE - below(3);
  for (let y = 1 + below(3); y < bottom; y++) {
    const place = <f32>y + phase;
    const covered = place / pitch - floor<f32>(place / pitch);
    if (covered < 0.25) continue;
    const end = unit() < 0.5 ? right - below(12) : right;
    for (let x = left; x <= end; x++) {
      unchecked((blocks[y * SIDE + x] = WHITE - ink * covered * between(0.7, 1.3)));
    }
  }
}

function drawPortrait(): void {
  drawGround(between(150, 700), 110, 8);
  const x: f32 = 7.5 + normal() * 2;
  const headY: f32 = 5.5 + normal() * 1.5;
  const size = between(2, 4);
  drawEllipse(x, headY + size * 2.6, size * between(1.6, 2.4), size * 1.5, between(40, 600), 30);
  drawEllipse(x, headY, size, size * 1.3, between(250, 600), 40);
  drawEllipse(x, headY - size * 0.8, size, size * 0.6, between(40, 400), 30);
}

/** A plane of brightness, some `slope` brighter or darker at the borders than in the middle. */
function drawGround(tone: f32, slope: f32, rough: f32): void {
  const across: f32 = (normal() * slope) / 8;
  const down: f32 = (normal() * slope) / 8;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const plane = across * (<f32>x - 7.5) + down * (<f32>y - 7.5);
      unchecked((blocks[y * SIDE + x] = tone + plane + rough * normal()));
    }
  }
}

function drawEllipse(middleX: f32, middleY: f32, radiusX: f32, radiusY: f32, tone: f32, rough: f32): void {
  const top = max<i32>(0, <i32>ceil<f32>(middleY - radiusY));
  const bottom = min<i32>(SIDE - 1, <i32>floor<f32>(middleY + radiusY));
  for (let y = top; y <= bottom; y++) {
    const rise = (<f32>y - middleY) / radiusY;
    const half = radiusX * sqrt<f32>(max<f32>(0, 1 - rise * rise));
    const end = min<i32>(SIDE - 1, <i32>floor<f32>(middleX + half));
    for (let x = max<i32>(0, <i32>ceil<f32>(middleX - half)); x <= end; x++) {
      unchecked((blocks[y * SIDE + x] = tone + rough * normal()));
    }
  }
}

/** http://blockhash.io: a block is 1 where it is brighter than the median of its band of four rows, or equal and light. */
function applyMedianRule(bits: StaticArray<u8>): void {
  for (let start = 0; start < BLOCKS; start += BAND) {
    for (let i = 0; i < BAND; i++) unchecked((band[i] = blocks[start + i]));
    const median = medianOf(band, BAND, -WHITE, 2 * WHITE);
    for (let i = start; i < start + BAND; i++) {
      const value = unchecked(blocks[i]);
      const equalAndLight = median > WHITE / 2 && abs<f32>(value - median) < EQUAL_BELOW;
      unchecked((bits[i] = value > median || equalAndLight ? 1 : 0));
    }
  }
}
