import { type GateLookUp, type GateLookUpInput, gateLookUp } from "../db/gate-look-up.ts";
import { AppError } from "../errors.ts";
import { quotaCaller, type RequestContext } from "./context.ts";

/**
 * Reads what is known of exact digests, with the lists to search and the caller's quota.
 * @throws AppError list_not_found naming the lists that don't exist; credentials_invalid where the key was removed
 */
export async function lookUpGate(
  ctx: RequestContext,
  input: Omit<GateLookUpInput, "caller">,
): Promise<GateLookUp & { quota: NonNullable<GateLookUp["quota"]> }> {
  const gate = await gateLookUp(ctx.db, { ...input, caller: quotaCaller(ctx) });
  const unknown = input.listNames?.filter((name) => !gate.knownNames.includes(name)) ?? [];
  if (unknown.length > 0) {
    throw new AppError(
      "list_not_found",
      `Expected names of existing lists for lists but received ${unknown.join(", ")}`,
      {
        field: "lists",
      },
    );
  }
  if (gate.quota === null) throw new AppError("credentials_invalid", "Expected an API key that still exists");
  return { ...gate, quota: gate.quota };
}
