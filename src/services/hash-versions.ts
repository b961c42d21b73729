import type { HashVersions } from "../db/stale-entries.ts";
import { COMPARABLE_VERSIONS, FINGERPRINT_VERSION } from "../fingerprint/version.ts";
import type { AppContext } from "./context.ts";

/** The versions that stored hashes are measured against: this build's, and the model's that is loaded. */
export function hashVersions(ctx: AppContext): HashVersions {
  return {
    current: FINGERPRINT_VERSION,
    comparable: COMPARABLE_VERSIONS,
    neuralVersion: ctx.workers.model.neuralVersion,
  };
}
