import { AppError } from "../errors.ts";
import type { AppContext } from "./context.ts";

/**
 * Refuses what needs a hash that the model in use doesn't give.
 * @param field the field that asks for it
 * @throws AppError match_unavailable
 */
export function requireNeuralHash(ctx: AppContext, field: string): void {
  const { name, neuralVersion } = ctx.workers.model;
  if (neuralVersion !== null) return;
  throw new AppError(
    "match_unavailable",
    `Expected fast for ${field} but received robust: the model ${name} in use gives no neural hash`,
    { field },
  );
}
