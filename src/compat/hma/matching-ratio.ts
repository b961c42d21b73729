import { createHash } from "node:crypto";
import type { ListRow } from "../../services/get-list.ts";
import { badRequest } from "./errors.ts";
import type { Parameters } from "./parameters.ts";

/** Where a list's own metadata keep the share, between 0 and 1, of look-ups in which its bank matches. */
const RATIO = "hma_enabled_ratio";

/** The share of look-ups in which a bank matches: 0 where its list is off, 1 where nothing else was said. */
export function ratioOf({ enabled, metadata }: Pick<ListRow, "enabled" | "metadata">): number {
  if (!enabled) return 0;
  // An owner may have written anything there.
  const ratio = Number(metadata[RATIO] ?? 1);
  return ratio > 0 && ratio < 1 ? ratio : 1;
}

/**
 * Reads `enabled_ratio`, and `enabled` for all or nothing, as a list keeps them; null where neither is said.
 * @param metadata that the list has otherwise
 * @throws AppError parameter_invalid for what is no share
 */
export function readRatio(
  given: Parameters,
  metadata: ListRow["metadata"],
): Pick<ListRow, "enabled" | "metadata"> | null {
  const enabled = given.flag("enabled");
  const ratio = given.number("enabled_ratio") ?? (enabled === undefined ? undefined : Number(enabled));
  given.check();
  if (ratio === undefined) return null;
  if (ratio < 0 || ratio > 1) throw badRequest(`enabled_ratio has to be from 0 to 1 here, not ${ratio}`);
  const others = Object.entries(metadata).filter(([name]) => name !== RATIO);
  const kept = ratio > 0 && ratio < 1 ? [[RATIO, String(ratio)] as const] : [];
  return { enabled: ratio > 0, metadata: Object.fromEntries([...others, ...kept]) };
}

/**
 * The lot that HMA draws for each look-up, from 0 up to 1: banks whose ratio is less stay out of it.
 * @param seed gives the same lot each time
 */
export function drawLot(seed: string | undefined): number {
  if (seed === undefined) return Math.random();
  return createHash("sha256").update(seed).digest().readUIntBE(0, 6) / 2 ** 48;
}
