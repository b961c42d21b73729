/** Largest distance, in bits, at which neural hashes match in a list that names no threshold. */
export const NEURAL_THRESHOLD = 80;

/** And how far the vectors behind them may point apart, in thousandths of 1 - cosine. */
export const NEURAL_VECTOR_THRESHOLD = 200;
