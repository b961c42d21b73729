import type { Context } from "hono";
import { readImageBody } from "../../http/read-body.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { badRequest } from "./errors.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The JSON object of a request's body.
 * @param otherwise HMA's words for a body that is something else
 * @throws AppError content_type_unsupported, body_malformed, body_too_large, parameter_invalid
 */
export async function readJsonObject(c: Context<AppEnv>, otherwise: string): Promise<JsonObject> {
  const { json } = await readImageBody(c, { jsonOnly: true });
  return asObject(json) ?? fail(otherwise);
}

/** Null for what is no JSON object. */
export function asObject(json: unknown): JsonObject | null {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as JsonObject) : null;
}

function fail(message: string): never {
  throw badRequest(message);
}
