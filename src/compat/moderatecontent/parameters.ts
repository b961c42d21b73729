/** What a call names; null where it doesn't. */
export interface Parameters {
  readonly key: string | null;
  readonly url: string | null;
}

/**
 * Reads the key and the picture's URL from a request's query. Clients build it by hand, the URL unescaped: behind the key
 * (`?key=K&url=U`), before it (`?url=U&key=K`, the vendor's npm package), and behind a base URL that has a query already
 * (`?key=K?url=U`, hosts with a RATINGAPI). Behind the key everything from `url=` on is the URL; before it, everything up to
 * the last `&key=`.
 */
export function readParameters(requestUrl: string): Parameters {
  const query = requestUrl.slice(requestUrl.indexOf("?") + 1);
  const start = /(?:^|[&?])url=/i.exec(query);
  if (!requestUrl.includes("?") || start === null) return { key: new URLSearchParams(query).get("key"), url: null };
  const keyBefore = new URLSearchParams(query.slice(0, start.index)).get("key");
  const rest = query.slice(start.index + start[0].length);
  if (!/^https?:\/\//i.test(rest)) {
    const escaped = new URLSearchParams(`url=${rest}`);
    return { key: keyBefore ?? escaped.get("key"), url: escaped.get("url") };
  }
  const end = keyBefore === null ? rest.lastIndexOf("&key=") : -1;
  if (end === -1) return { key: keyBefore, url: rest };
  return { key: new URLSearchParams(rest.slice(end)).get("key"), url: rest.slice(0, end) };
}
