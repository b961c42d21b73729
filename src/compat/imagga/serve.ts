import type { Context, Hono } from "hono";
import { AppError } from "../../errors.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { answerFailure } from "./failures.ts";
import { spellings } from "./own-paths.ts";

type Handler = (c: Context<AppEnv>) => Response | Promise<Response>;
type Method = "GET" | "POST" | "DELETE";

/** Serves a path in every spelling, with and without a slash at its end; other methods than these are answered 405. */
export function serve(surface: Hono<AppEnv>, path: string, handlers: Partial<Record<Method, Handler>>): void {
  const paths = spellings(path).flatMap((each) => [each, `${each}/`]);
  for (const [method, handler] of Object.entries(handlers)) surface.on(method, paths, handler);
  const allowed = Object.keys(handlers).join(", ");
  surface.on("ALL", paths, (c) => {
    c.header("Allow", allowed);
    return answerFailure(c, new AppError("method_not_allowed", `Expected ${allowed} for this path`));
  });
}
