const HEX_64 = /^[0-9a-f]{64}$/;

/** Whether `text` is a 256-bit hash as this service writes it: 64 lower-case hex digits. */
export function isHash256(text: string): boolean {
  return HEX_64.test(text);
}

/**
 * The 32 bytes of a 256-bit hash.
 * @param hex 64 hex digits, either case
 * @throws RangeError where `hex` is anything else
 */
export function hexToBytes(hex: string): Uint8Array {
  if (!HEX_64.test(hex.toLowerCase())) {
    throw new RangeError(`Expected 64 hex digits for a 256-bit hash but received ${hex.length} characters`);
  }
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) {
    bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

/** Lower-case hex of bytes, two digits each. */
export function bytesToHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) {
    hex += (byte < 16 ? "0" : "") + byte.toString(16);
  }
  return hex;
}
