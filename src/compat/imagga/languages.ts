import { AppError } from "../../errors.ts";

/** A code such as `de` or `zh_chs`, as the vendor lists them. */
const LANGUAGE = /^[a-z]{2,3}(_[a-z]{2,4})?$/;

/**
 * The languages a client wants names in, without repeats: `language` may come several times, and hold several by commas.
 * @returns null where it wants none in particular
 * @throws AppError parameter_invalid
 */
export function parseLanguages(values: readonly string[]): readonly string[] | null {
  const languages = values
    .flatMap((value) => value.split(","))
    .map((value) => value.trim().toLowerCase())
    .filter((value) => value !== "");
  if (!languages.every((language) => LANGUAGE.test(language))) {
    throw new AppError("parameter_invalid", "Expected codes such as en or de for language but received other text", {
      field: "language",
    });
  }
  return languages.length === 0 ? null : [...new Set(languages)];
}
