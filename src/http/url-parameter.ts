/**
 * The `url` parameter of a request. The vendor's own client appends the URL unescaped (`?url=https://host/a?b=1&c=2`), so
 * where it stands in clear everything behind it belongs to it. Null where there is none.
 */
export function urlParameter(requestUrl: string): string | null {
  const query = requestUrl.slice(requestUrl.indexOf("?") + 1);
  const unescaped = /(?:^|&)url=(https?:\/\/.*)$/i.exec(query)?.[1];
  return unescaped ?? new URLSearchParams(query).get("url");
}
