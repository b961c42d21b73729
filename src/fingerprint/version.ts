/**
 * Names the algorithms and the decoder settings that stored perceptual hashes came from. Raise it with any change that
 * moves a hash or adds one: sampling, DCT, blockhash, trimming, colour handling, shrinking while decoding.
 *
 * 1: PDQ in eight symmetries and blockhash of the whole picture. 2: blockhash in eight symmetries, and both of the picture
 * trimmed of its borders; the hashes of the whole picture are those of 1.
 */
export const FINGERPRINT_VERSION = 2;

/** The versions whose hashes may be compared with those of the present one; stored hashes of any other are left alone. */
export const COMPARABLE_VERSIONS: readonly number[] = [1, FINGERPRINT_VERSION];
