// xoshiro128** (Blackman, Vigna, 2018): the same numbers from the same seeds on every machine.

let a: u32 = 0;
let b: u32 = 0;
let c: u32 = 0;
let d: u32 = 0;

/** Starts anew; every triple of seeds gives another sequence. */
export function seed(first: u32, second: u32, third: u32): void {
  a = 0x9e3779b9 ^ first;
  b = 0x243f6a88 ^ second;
  c = 0xb7e15162 ^ third;
  d = 0xdeadbeef;
  for (let i = 0; i < 32; i++) word();
}

/** Uniform, 0 to 2^32 - 1. */
export function word(): u32 {
  const result = rotl<u32>(b * 5, 7) * 9;
  const shifted = b << 9;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  c ^= shifted;
  d = rotl<u32>(d, 11);
  return result;
}

/** Uniform in [0, 1). */
export function unit(): f32 {
  return <f32>(word() >> 8) * <f32>(1.0 / 16777216.0);
}

/** Uniform in [from, to). */
export function between(from: f32, to: f32): f32 {
  return from + (to - from) * unit();
}

/** Uniform whole number, 0 to `limit` - 1. */
export function below(limit: u32): i32 {
  return <i32>((<u64>word() * limit) >> 32);
}

/** Mean 0, deviation 1, nearly normal: the sum of four uniform 16-bit numbers, of variance 4 * 2^32 / 12. */
export function normal(): f32 {
  const x = word();
  const y = word();
  const sum = (x & 0xffff) + (x >> 16) + (y & 0xffff) + (y >> 16);
  return (<f32>sum - 131070.0) * <f32>2.643e-5;
}
