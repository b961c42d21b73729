import { AppError } from "../errors.ts";
import type { Credential } from "../services/authenticate.ts";

/**
 * Reads an Authorization header: `Bearer <key>`, or Basic with a key's id and secret (RFC 6750, RFC 7617). Null where
 * there is none.
 * @throws AppError credentials_invalid for any other scheme or an unreadable value
 */
export function readCredential(authorization: string | undefined): Credential | null {
  if (authorization === undefined || authorization === "") return null;
  const [, scheme = "", value = ""] = /^(\S+)\s+(.+)$/.exec(authorization.trim()) ?? [];
  if (scheme.toLowerCase() === "bearer") return { token: value };
  if (scheme.toLowerCase() === "basic") {
    const decoded = Buffer.from(value, "base64").toString("utf8");
    const colon = decoded.indexOf(":");
    // No key has a NUL in its id, and no question to the database may.
    if (colon > 0 && !decoded.includes("\0")) return { id: decoded.slice(0, colon), secret: decoded.slice(colon + 1) };
  }
  throw new AppError(
    "credentials_invalid",
    "Expected Bearer or Basic credentials for Authorization but received others",
    {
      field: "Authorization",
    },
  );
}
