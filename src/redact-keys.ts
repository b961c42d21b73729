/**
 * A key's secret with its checksum: 33 base62 characters on their own, alone or behind `lk_<id>_`. Nothing else here has that
 * length: ids are shorter, and digests have 32, 40 or 64 hex digits.
 */
const SECRET = /(?<![0-9A-Za-z])[0-9A-Za-z]{33}(?![0-9A-Za-z])/g;

/** Takes the secret of every API key out of a text, for answers and the log: people also paste keys where none belong. */
export function redactKeys(text: string): string {
  return text.replace(SECRET, "[redacted]");
}
