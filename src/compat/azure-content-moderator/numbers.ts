import { AppError } from "../../errors.ts";
import { redactKeys } from "../../redact-keys.ts";

/**
 * The vendor's ids of lists and images are numbers, in paths and queries as text: ours of the list or entry.
 * @param what `list` or `image`
 * @throws AppError list_not_found, entry_not_found: what is no number is nothing's id
 */
export function readNumber(text: string, what: "list" | "image"): bigint {
  if (/^[1-9]\d{0,14}$/.test(text)) return BigInt(text);
  throw new AppError(
    what === "list" ? "list_not_found" : "entry_not_found",
    `Expected the number of an existing ${what} but received ${JSON.stringify(redactKeys(text).slice(0, 40))}`,
    { field: what === "list" ? "listId" : "ImageId" },
  );
}
