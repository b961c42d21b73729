import { urlParameter } from "../../http/url-parameter.ts";

/**
 * The picture's URL in a request of the policy's, whose one parameter is `url`. The policy appends it unescaped. Newer
 * Pleromas then take the whole query apart at `&` and escape each part (Pleroma.HTTP.encode_url), so that the URL's own
 * parameters stand beside `url`: they are put back. Null where there is no `url`.
 */
export function mediaUrl(requestUrl: string): string | null {
  const url = urlParameter(requestUrl);
  if (url === null || requestUrl.includes(`url=${url}`) || !url.includes("?")) return url;
  const others = new URL(requestUrl).searchParams;
  others.delete("url");
  return others.size === 0 ? url : `${url}&${others}`;
}
