import { AppError } from "../../errors.ts";
import type { Credential } from "../../services/authenticate.ts";

/** What a call was sent in its query and its form, in any mix. */
export interface Parameters {
  /**
   * A parameter's value; undefined where it is missing or empty.
   * @throws AppError parameter_invalid where two values came that differ
   */
  get(name: string): string | undefined;
  /**
   * Who asks, by api_user and api_secret: a key's id and secret, or a whole key as api_secret. Null where one is missing.
   * @throws AppError credentials_invalid where two values came that differ
   */
  credential(): Credential | null;
}

/** @param sources name and value of what each part of a request carries */
export function joinParameters(...sources: readonly Iterable<readonly [string, string]>[]): Parameters {
  const values = new Map<string, Set<string>>();
  for (const source of sources) {
    for (const [name, value] of source) {
      if (value !== "") values.set(name, (values.get(name) ?? new Set()).add(value));
    }
  }

  /** Null where it is ambiguous: which of two values counts must not be a guess. */
  function only(name: string): string | undefined | null {
    const [value, ...others] = values.get(name) ?? [];
    return others.length > 0 ? null : value;
  }

  return {
    get(name) {
      const value = only(name);
      if (value !== null) return value;
      throw new AppError("parameter_invalid", `Expected one value for ${name} but received two`, { field: name });
    },
    credential() {
      const id = only("api_user");
      const secret = only("api_secret");
      if (id === null || secret === null) {
        throw new AppError("credentials_invalid", "Expected one API user and one API secret but received two");
      }
      if (secret === undefined) return null;
      if (secret.startsWith("lk_")) return { token: secret };
      return id === undefined ? null : { id, secret };
    },
  };
}
