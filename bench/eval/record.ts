/** Numbers that the classifier's middle says of a picture. */
export const TAPS = 576;

/**
 * What is kept of one file, in bytes: which parts there are; the two peers' hashes; pdq of the whole picture in the
 * order of TRANSFORMS, then blockhash; the same of the trimmed picture; taps as little-endian float32.
 */
export const RECORD = { phash: 8, dhash: 16, whole: 32, trimmed: 544, taps: 1056, bytes: 1056 + 4 * TAPS } as const;
export const HAS = { whole: 1, trimmed: 2, peers: 4, neural: 8 } as const;
