import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AppEnv } from "../../http/request-variables.ts";

/** Members that are floating-point numbers in HMA; the Ruby client takes no others for them. */
const RATIOS = /"(matching_enabled_ratio|enabled_ratio)":([01])(?=[,}])/g;

/** Answers JSON with 1.0 and 0.0 where HMA does, which JSON.stringify writes as 1 and 0. */
export function answerJson(
  c: Context<AppEnv>,
  body: object,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const text = JSON.stringify(body).replace(RATIOS, '"$1":$2.0');
  return c.body(text, status as ContentfulStatusCode, { "Content-Type": "application/json", ...headers });
}
