/**
 * Largest distances, in bits, at which a picture takes over the scores of one seen before: both hashes have to be within
 * theirs, both pictures of sufficient detail. Half the distance of the nearest two different photos in 300,700 pairs
 * (54 by PDQ, 20 by blockhash, in different pairs); 99.6 % of half-size JPEG copies of the 777 photos are within
 * (bench/reuse-thresholds.ts, docs/decisions/0002-fingerprints.md).
 */
export const REUSE_THRESHOLDS = { pdq: 26, blockhash: 10 } as const;
