import { createHash, hkdfSync } from "node:crypto";
import { AppError } from "../errors.ts";

/** What an upload is known by and sealed with; both come from its id, which is stored nowhere. */
export interface UploadSecrets {
  /** SHA-256 of the id, 64 hex digits. */
  readonly idHash: string;
  /** 32 bytes, by HKDF (RFC 5869). The id is random, so a slow derivation would add nothing. */
  readonly sealingKey: Buffer;
}

/** @param id at least 128 random bits, as text */
export function uploadSecrets(id: string): UploadSecrets {
  return {
    idHash: createHash("sha256").update(id).digest("hex"),
    sealingKey: Buffer.from(hkdfSync("sha256", id, "", "lookalike uploads", 32)),
  };
}

/** The id itself is not repeated: whoever has it and the key can use the upload. */
export function noSuchUpload(): AppError {
  return new AppError("upload_not_found", "Expected the id of an upload made with this API key but received another");
}
