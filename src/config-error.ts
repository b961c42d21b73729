/** Raised for settings that can't be used; the message names each of them and never repeats a secret's value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
