import { AppError } from "../../errors.ts";
import { redactKeys } from "../../redact-keys.ts";

/**
 * The vendor's ids of lists and images are numbers, in paths and queries as text: ours of the list or entry.
 * @throws AppError list_not_found, entry_not_found: what is no number is nothing's id
 */
export function readNumber(text: string, what: "list" | "image"): bigint {
  if (/^[1-9]\d{0,14}$/.test(text)) return BigInt(text);
  throw noSuchNumber(text, what);
}

/** In the caller's words: our ids have another form. */
export function noSuchNumber(text: string, what: "list" | "image"): AppError {
  return new AppError(
    what === "list" ? "list_not_found" : "entry_not_found",
    `Expected the number of an existing ${what} but received ${JSON.stringify(redactKeys(text).slice(0, 40))}`,
    { field: what === "list" ? "listId" : "ImageId" },
  );
}

/** A handler of failures that tells of what is not there in the caller's words, and throws every other failure on. */
export function tellsNumber(text: string, what: "list" | "image"): (error: unknown) => never {
  return (error) => {
    const missing = error instanceof AppError && ["list_not_found", "entry_not_found"].includes(error.code);
    throw missing ? noSuchNumber(text, what) : error;
  };
}
