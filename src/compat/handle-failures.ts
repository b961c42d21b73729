import type { Context, Hono } from "hono";
import { ClientAborted } from "../client-aborted.ts";
import type { AppError } from "../errors.ts";
import { logFailure } from "../http/error-handler.ts";
import type { AppEnv } from "../http/request-variables.ts";
import { toAppError } from "../http/to-app-error.ts";
import type { AppContext } from "../services/context.ts";

/** Whatever is thrown under a surface's routes is logged where it is ours, and answered in the vendor's shape. */
export function handleFailures(
  surface: Hono<AppEnv>,
  { logger }: AppContext,
  answer: (error: AppError, c: Context<AppEnv>) => Response | Promise<Response>,
): void {
  surface.onError((error, c) => {
    if (error instanceof ClientAborted) return new Response(null, { status: 499 });
    const failure = toAppError(error);
    logFailure(logger, c, c.get("requestId"), failure);
    return answer(failure, c);
  });
}
