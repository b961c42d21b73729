/**
 * What stands behind `lk_<id>_`, mistyped or cut off as it may be, and a key's secret with its checksum on its own: 33 base62
 * characters. Nothing else here has that length: ids are shorter, and digests have 32, 40 or 64 hex digits.
 */
const SECRET = /(?<=lk_[0-9A-Za-z]{12}_)[0-9A-Za-z]+|(?<![0-9A-Za-z])[0-9A-Za-z]{33}(?![0-9A-Za-z])/g;

/** Takes the secret of every API key out of a text, for answers and the log: people also paste keys where none belong. */
export function redactKeys(text: string): string {
  return text.replace(SECRET, "[redacted]");
}
