import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals bytes with AES-256-GCM under a fresh nonce, so that they can neither be read nor changed without the key.
 * @param key 32 bytes
 * @returns the nonce, the tag and the ciphertext: 28 bytes more than were given
 */
export function seal(key: Uint8Array, plain: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const sealed = [cipher.update(plain), cipher.final()];
  return Buffer.concat([iv, cipher.getAuthTag(), ...sealed]);
}

/** What {@link seal} was given; null where it was sealed with another key, or was changed since. */
export function unseal(key: Uint8Array, sealed: Uint8Array): Buffer | null {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const plain = decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES));
  try {
    // Throws where the tag doesn't fit. GCM leaves nothing over for it to give.
    decipher.final();
  } catch {
    return null;
  }
  return plain;
}
