import { urlParameter } from "../../http/url-parameter.ts";

/**
 * The picture's URL in a request of the policy's, whose one parameter is `url`. The policy appends it unescaped. Newer
 * Pleromas then take the whole query apart at `&` and escape each part (Pleroma.HTTP.encode_url, later
 * Pleroma.Utils.URIEncoding), so that the URL's own parameters stand beside `url`: they are put back. Null where there is no `url`.
 */
export function mediaUrl(requestUrl: string): string | null {
  const url = urlParameter(requestUrl);
  if (url === null || requestUrl.includes(`url=${url}`) || !url.includes("?")) return url;
  const parameters = [...new URL(requestUrl).searchParams];
  // The picture's own may have a `url` among them, behind the policy's.
  const own = parameters.toSpliced(
    parameters.findIndex(([name]) => name === "url"),
    1,
  );
  return own.length === 0 ? url : `${url}&${new URLSearchParams(own)}`;
}
