import { AppError } from "../../errors.ts";

/** A code such as `de` or `zh_chs`, as the vendor lists them. */
const LANGUAGE = /^[a-z]{2,3}(_[a-z]{2,4})?$/;
/** More than there are at the vendor. Without a limit a form could make an answer of any length. */
const MAX_LANGUAGES = 100;
/** Of all codes with their commas, so that nothing longer is taken apart. */
const MAX_LENGTH = 10 * MAX_LANGUAGES;

/**
 * The languages a client wants names in, without repeats: `language` may come several times, and hold several by commas.
 * @returns null where it wants none in particular
 * @throws AppError parameter_invalid
 */
export function parseLanguages(values: readonly string[]): readonly string[] | null {
  if (values.reduce((length, value) => length + value.length, 0) > MAX_LENGTH) throw tooMany();
  const languages = values
    .flatMap((value) => value.split(","))
    .map((value) => value.trim().toLowerCase())
    .filter((value) => value !== "");
  if (!languages.every((language) => LANGUAGE.test(language))) {
    throw new AppError("parameter_invalid", "Expected codes such as en or de for language but received other text", {
      field: "language",
    });
  }
  if (languages.length > MAX_LANGUAGES) throw tooMany();
  return languages.length === 0 ? null : [...new Set(languages)];
}

function tooMany(): AppError {
  return new AppError("parameter_invalid", `Expected at most ${MAX_LANGUAGES} codes for language but received more`, {
    field: "language",
  });
}
