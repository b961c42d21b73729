/** Symmetries of a grid that keep its rows rows. */
export const ROW_SYMMETRIES = ["mirror", "flip", "rotate180"] as const;
export type RowSymmetry = (typeof ROW_SYMMETRIES)[number];

const DIGITS_PER_ROW = 4;

/** Each hex digit's four bits the other way round. */
const REVERSED_DIGITS = Array.from({ length: 16 }, (_, digit) =>
  (((digit & 1) << 3) | ((digit & 2) << 1) | ((digit & 4) >> 1) | ((digit & 8) >> 3)).toString(16),
);

/**
 * The bits of a 16 x 16 grid as they lie once it is mirrored (left and right), flipped (top and bottom) or both.
 * @param hash 64 lower-case hex digits, row by row, the leftmost bit of a row highest
 */
export function permuteGrid(hash: string, symmetry: RowSymmetry): string {
  if (symmetry === "rotate180") return reversed(hash);
  const rows = Array.from({ length: hash.length / DIGITS_PER_ROW }, (_, row) =>
    hash.slice(row * DIGITS_PER_ROW, (row + 1) * DIGITS_PER_ROW),
  );
  return symmetry === "mirror" ? rows.map(reversed).join("") : rows.reverse().join("");
}

function reversed(digits: string): string {
  let out = "";
  for (let i = digits.length - 1; i >= 0; i--) out += REVERSED_DIGITS[Number.parseInt(digits[i] ?? "0", 16)];
  return out;
}
