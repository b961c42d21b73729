/** Paths below `/v1` that are this surface's, each with everything below it; the native API has none of them. */
const OWN_V1 = ["content", "categorizations", "categorizers", "usage", "tagging", "colors", "croppings"] as const;

/** A path as clients ask it: those whose base URL ends with a slash have two behind the version. */
export function spellings(path: string): readonly [string, string] {
  return [path, path.replace(/^\/v[12]/, "$&/")];
}

/** Patterns of the router's for every path of the surface. */
export const OWN_PATTERNS: readonly string[] = ["/v2/*", ...OWN_V1.flatMap((name) => spellings(`/v1/${name}/*`))];

const OWN_TARGET = new RegExp(`^/(?:v2|v1//?(?:${OWN_V1.join("|")}))(?:[/?]|$)`);

/** The vendor's API has two, which tell failures differently. */
export type ApiVersion = "v1" | "v2";

/** @param target as in a request's first line */
export function isOwnTarget(target: string): boolean {
  return OWN_TARGET.test(target);
}

/** @param target a path of this surface, with or without a query */
export function versionOf(target: string): ApiVersion {
  return target.startsWith("/v1/") ? "v1" : "v2";
}
