/**
 * Largest distance, in bits of 256, at which neural hashes match in a list that names no threshold, where the vectors
 * behind them agree too. Wide on purpose, since it only has to find what the vectors are compared of: of copies that the
 * vectors find it loses at most 0.2 in 100, and 1 in 1,700 different photos is within.
 */
export const NEURAL_THRESHOLD = 72;

/**
 * And how far the vectors behind them may point apart, in thousandths of 1 - cosine. The largest at which at most one pair
 * of different photos in 100,000 matches: 2 of 301,476 pairs of the evaluation's photos and 6 of 499,500 of a second set.
 * It finds 99.7 % of photos cropped to 90 % of each side and 76 % of those cropped to 80 % (docs/decisions/0013-neural-hash.md).
 */
export const NEURAL_VECTOR_THRESHOLD = 235;
