/** Where something lies along an axis, in pixels from the picture's left or top. */
export type Scale = (value: number) => number;

export function linear(from: number, to: number, start: number, end: number): Scale {
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

/** Logarithmic from `least` on; what is less, above all 0, lies at `zero`. */
export function logarithmic(least: number, most: number, start: number, end: number, zero: number): Scale {
  const scale = linear(Math.log10(least), Math.log10(most), start, end);
  return (value) => (value < least ? zero : scale(Math.log10(Math.min(value, most))));
}
