const HALVINGS: i32 = 24;

/**
 * A number that as many of the `count` values (a multiple of 4, each between `low` and `high`) are above as below; where
 * equal values leave none, their value, to a 2^24th of the range. By bisection: its branches can be foretold.
 */
export function medianOf(values: StaticArray<f32>, count: i32, low: f32, high: f32): f32 {
  const start = changetype<usize>(values);
  const end = start + (<usize>count << 2);
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    const bound = f32x4.splat(middle);
    let above = i32x4.splat(0);
    for (let at = start; at < end; at += 16) above = i32x4.sub(above, f32x4.gt(v128.load(at), bound));
    const lanes = i32x4.extract_lane(above, 0) + i32x4.extract_lane(above, 1);
    const total = lanes + i32x4.extract_lane(above, 2) + i32x4.extract_lane(above, 3);
    if (total << 1 == count) return middle;
    if (total << 1 > count) low = middle;
    else high = middle;
  }
  return high;
}
