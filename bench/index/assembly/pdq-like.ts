import { medianOf } from "./median";
import { below, between, normal, unit } from "./random";

const SIDE: i32 = 16;
const SAMPLES: i32 = 64;
const BITS: i32 = 256;
/** Bytes of one row of coefficients. */
const ROW_BYTES: usize = 64;

/** No coefficient is as far from 0. */
const FARTHEST: f32 = 16384;

const coefficients = new StaticArray<f32>(BITS);
const across = new StaticArray<f32>(SIDE);
const down = new StaticArray<f32>(SIDE);

/**
 * Sums of the DCT's cosines: entry 16 x + u is the coefficient of frequency u + 1 of a strip from sample 0 to x. A
 * rectangle is the product of two strips, so the coefficients of a picture made of rectangles need no picture.
 */
const strips = new StaticArray<f32>((SAMPLES + 1) * SIDE);
for (let u = 0; u < SIDE; u++) {
  let sum: f64 = 0;
  for (let x = 0; x < SAMPLES; x++) {
    sum += Math.cos((Math.PI / SAMPLES) * (<f64>x + 0.5) * (u + 1));
    strips[(x + 1) * SIDE + u] = <f32>sum;
  }
}

/**
 * PDQ of a made-up picture of 64 x 64 samples: rectangles of all sizes added up, in one of six pictures on a plain ground
 * around the middle; their DCT coefficients 1 to 16 each way, and PDQ's own rule: above the median of all.
 */
export function drawPdq(bits: StaticArray<u8>): void {
  for (let i = 0; i < BITS; i++) unchecked((coefficients[i] = normal() * 1.5));
  const plain = unit() < <f32>(1.0 / 6.0);
  if (plain) addRectangle(32 + normal() * 4, 32 + normal() * 4, between(10, 50), between(10, 50), 1);
  const rectangles = plain ? 6 + below(6) : 10 + below(12);
  for (let i = 0; i < rectangles; i++) {
    const size: f32 = <f32>4 / sqrt<f32>(between(0.005, 1));
    addRectangle(between(0, 64), between(0, 64), size * between(0.4, 2.5), size * between(0.4, 2.5), normal());
  }
  const median = medianOf(coefficients, BITS, -FARTHEST, FARTHEST);
  for (let i = 0; i < BITS; i++) unchecked((bits[i] = coefficients[i] > median ? 1 : 0));
}

function addRectangle(x: f32, y: f32, width: f32, height: f32, tone: f32): void {
  setStrip(across, x - width / 2, x + width / 2);
  setStrip(down, y - height / 2, y + height / 2);
  let row = changetype<usize>(coefficients);
  for (let v = 0; v < SIDE; v++) {
    const factor = f32x4.splat(tone * unchecked(down[v]));
    for (let u: usize = 0; u < ROW_BYTES; u += 16, row += 16) {
      const added = f32x4.mul(factor, v128.load(changetype<usize>(across) + u));
      v128.store(row, f32x4.add(v128.load(row), added));
    }
  }
}

/** Coefficients of a strip between two places, which need not be whole nor inside. */
function setStrip(out: StaticArray<f32>, from: f32, to: f32): void {
  for (let u: usize = 0; u < ROW_BYTES; u += 16) {
    v128.store(changetype<usize>(out) + u, f32x4.sub(sumUpTo(u, to), sumUpTo(u, from)));
  }
}

/** Of four frequencies, the first one u / 4. */
function sumUpTo(u: usize, place: f32): v128 {
  const inside = min<f32>(64, max<f32>(0, place));
  const whole = min<i32>(SAMPLES - 1, <i32>inside);
  const entry = changetype<usize>(strips) + (<usize>whole * ROW_BYTES + u);
  const low = v128.load(entry);
  const rise = f32x4.sub(v128.load(entry, ROW_BYTES), low);
  return f32x4.add(low, f32x4.mul(rise, f32x4.splat(inside - <f32>whole)));
}
