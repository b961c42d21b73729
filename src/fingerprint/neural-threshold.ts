/** Largest distance, in bits, at which neural hashes match in a list that names no threshold. */
export const NEURAL_THRESHOLD = 60;
