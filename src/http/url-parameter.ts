/**
 * A URL among the parameters of a request's query. Clients that build it by hand append the URL unescaped
 * (`?url=https://host/a?b=1&c=2`), so where it stands in clear everything behind it belongs to it. Null where there is none.
 * @param name letters and `_`
 */
export function urlParameter(requestUrl: string, name = "url"): string | null {
  const mark = requestUrl.indexOf("?");
  if (mark === -1) return null;
  const query = requestUrl.slice(mark + 1);
  const unescaped = new RegExp(`(?:^|&)${name}=(https?://.*)$`, "i").exec(query)?.[1];
  return unescaped ?? new URLSearchParams(query).get(name);
}
