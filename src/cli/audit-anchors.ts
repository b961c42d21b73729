import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { AuditHead } from "../db/audit-head.ts";
import type { AuditAnchor } from "../services/verify-audit.ts";
import { UsageError } from "./usage-error.ts";

/** As anchorLine writes it, or the `head` of GET /v1/audit. */
const anchorSchema = z.object({ seq: z.int().min(0), hash: z.string().regex(/^[0-9a-f]{64}$/) });

/**
 * Where the log ends, as one line of JSON: `{"seq":12,"hash":"<64 hex digits>","at":"<ISO 8601>"}`.
 * @param at when it was read
 */
export function anchorLine({ seq, hash }: AuditHead, at: Date): string {
  return `${JSON.stringify({ seq: Number(seq), hash, at: at.toISOString() })}\n`;
}

/**
 * The anchors of a file, one a line; empty lines are passed over.
 * @throws UsageError naming the line that is none, or a file that can't be read or has none at all
 */
export async function readAnchors(file: string): Promise<AuditAnchor[]> {
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new UsageError(`Expected a file that can be read for --anchor: ${error.message}`);
  });
  const lines = text.split("\n").map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const anchors = lines.filter(({ line }) => line !== "").map(({ line, number }) => parseAnchor(line, number));
  if (anchors.length === 0) throw new UsageError(`Expected at least one anchor in ${file} but received none`);
  return anchors;
}

function parseAnchor(line: string, number: number): AuditAnchor {
  try {
    const { seq, hash } = anchorSchema.parse(JSON.parse(line));
    return { seq: BigInt(seq), hash };
  } catch {
    throw new UsageError(
      `Expected an anchor, {"seq":...,"hash":"..."}, for line ${number} of --anchor but received ${line}`,
    );
  }
}
