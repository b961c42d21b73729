import { seededBelow } from "../index/seeded-random.ts";
import type { Attack } from "./attack.ts";
import { type Base, open, toPng } from "./base.ts";

/** Gaussian noise on every channel by itself; standard deviation in levels of 255. */
export const NOISE_ATTACKS: readonly Attack[] = [5, 10, 20].map((deviation) => ({
  name: `noise-${deviation}`,
  family: "noise",
  group: deviation <= 10 ? "first" : "second",
  apply: (base) => toPng(open(noisy(base, deviation))),
}));

const DRAWS = 2 ** 16;

/** Normal numbers drawn once; which of them reach a picture is drawn for each of its values. */
const normal = Float64Array.from({ length: DRAWS }, normalNumbers(20_251));

function normalNumbers(seed: number): () => number {
  const below = seededBelow(seed);
  const uniform = () => (below(2 ** 30) + 0.5) / 2 ** 30;
  // Box and Muller, 1958.
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

function noisy(base: Base, deviation: number): Base {
  const below = seededBelow(base.seed ^ deviation);
  const data = new Uint8ClampedArray(base.data.length);
  for (let i = 0; i < data.length; i++) data[i] = base.data[i]! + deviation * normal[below(DRAWS)]!;
  return { ...base, data: new Uint8Array(data.buffer) };
}
