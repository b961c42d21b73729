import type { Operation } from "./openapi-operations.ts";

/** Method, path and names of the parameters in the query. */
type Route = readonly [method: string, path: string, ...queryNames: string[]];

/** What the vendor surfaces serve, as the OpenAPI document tells it of the native API. */
const ROUTES: readonly Route[] = [
  ["POST", "/api/upload", "url"],
  ["GET", "/api/hash/{sha1}"],
  ["GET", "/api.php", "url"],
  ["GET", "/1.0/check.json", "models", "url", "add_to_list", "custom_id", "lookalike_lists"],
  ["POST", "/1.0/check.json", "models", "media"],
  ["POST", "//1.0/check-workflow.json", "workflow"],
  ["POST", "/1.0/feedback.json", "model", "class"],
  ["GET", "/1.0/{model}.json", "url"],
  ["POST", "/1.0/video/check.json", "stream_url"],
  ["POST", "/1.0/text/check.json", "text"],
  ["POST", "/v2/uploads"],
  ["DELETE", "/v2/uploads/{id}"],
  ["GET", "/v2/categories/{categorizer}", "image_url"],
  ["GET", "/v2/categories/nsfw_beta", "image_url", "image_upload_id", "language"],
  ["POST", "/v2/categories/nsfw_beta", "image_url", "save_id"],
  ["GET", "/v2/usage", "history", "concurrency"],
  ["POST", "/v1/content"],
  ["DELETE", "/v1/content/{id}"],
  ["GET", "/v1/categorizations/nsfw_beta", "url", "content", "language"],
  ["GET", "/v1/usage", "fix"],
  ["POST", "/pict-rs/validate", "on_review"],
  ["POST", "/api/v1/scan/{id}", "on_error"],
  ["POST", "/v1/detect-images"],
  ["GET", "/pleroma/{key}/", "url"],
  ["GET", "/", "url"],
  ["POST", "/moderate/", "url"],
  ["GET", "/moderate/", "url"],
  ["POST", "/v1/moderations"],
  ["POST", "/contentmoderator/lists/v1.0/imagelists"],
  ["GET", "/contentmoderator/lists/v1.0/imagelists/{listId}"],
  ["PUT", "/contentmoderator/lists/v1.0/imagelists/LIST"],
  ["DELETE", "/contentmoderator/lists/v1.0/imagelists/{listId}"],
  ["POST", "/contentmoderator/lists/v1.0/imagelists/{listId}/RefreshIndex"],
  ["POST", "/contentmoderator/lists/v1.0/imagelists/LIST/images", "tag", "label"],
  ["GET", "/contentmoderator/lists/v1.0/imagelists/{listId}/images"],
  ["DELETE", "/contentmoderator/lists/v1.0/imagelists/LIST/images/{imageId}"],
  ["POST", "/contentmoderator/moderate/v1.0/ProcessImage/Match", "listId", "CacheImage"],
  ["POST", "/contentmoderator/moderate/v1.0/ProcessImage/Evaluate", "CacheImage"],
  ["GET", "/h/hash", "url", "types", "content_type"],
  ["POST", "/h/hash", "types"],
  ["GET", "/m/lookup", "signal", "signal_type", "bypass_coinflip"],
  ["POST", "/m/lookup", "banks"],
  ["GET", "/m/raw_lookup", "signal", "signal_type", "include_distance"],
  ["POST", "/m/compare"],
  ["GET", "/m/index/status", "signal_type"],
  ["POST", "/c/banks"],
  ["GET", "/c/bank/{name}"],
  ["PUT", "/c/bank/BANK"],
  ["DELETE", "/c/bank/{name}"],
  ["POST", "/c/bank/BANK/content", "url"],
  ["POST", "/c/bank/BANK/signal"],
  ["GET", "/c/bank/BANK/content/{id}", "include_metadata"],
  ["PUT", "/c/bank/BANK/content/1"],
  ["DELETE", "/c/bank/BANK/content/{id}"],
  ["GET", "/c/exchange/{name}"],
  ["POST", "/c/exchanges"],
  ["PUT", "/c/signal_type/{name}"],
];

/**
 * Every kind of call to a vendor surface.
 * @param list number of a list called `bank`, the one that those of Azure's and HMA's that need one are about
 */
export function vendorOperations(list: string): Operation[] {
  return ROUTES.map(([method, path, ...queryNames]) => ({
    method,
    path: path.replace("/LIST", `/${list}`),
    takesBody: method === "POST" || method === "PUT",
    queryNames,
  }));
}
