import type { AuditHead } from "../db/audit-head.ts";
import type { AuditSnapshot } from "../db/audit-snapshot.ts";
import { type AuditRow, auditHash, CHAIN_START } from "../db/audit-text.ts";

/** What an exported anchor says: a row of this number had this hash (64 hex digits). */
export type AuditAnchor = AuditHead;

/** In what way a chain is broken. */
export type AuditFault =
  /** A value of the row was changed, or its hash: it isn't the hash of what the row says. */
  | "row_edited"
  /** The row was written under another number: rows changed places. */
  | "row_moved"
  /** Rows are missing before the next one that is there. */
  | "rows_missing"
  /** Two rows have one number. */
  | "row_repeated"
  /** The row says what its hash says, but doesn't follow the row before it: it was put in the place of another. */
  | "row_replaced"
  /** The rows don't end where the database noted their end: the newest are gone, or some were added past it. */
  | "end_differs"
  /** The chain doesn't reach as far as it did when the anchor was exported: its tail was cut off. */
  | "anchor_missing"
  /** The row is not the one of which the anchor was exported: the chain was written anew. */
  | "anchor_differs";

export type AuditVerdict = { readonly whole: true; readonly rows: number; readonly head: AuditHead } | Broken;

interface Broken {
  readonly whole: false;
  readonly fault: AuditFault;
  /** The first number at which the chain is not as it should be. */
  readonly seq: bigint;
  /** For people: what is wrong with it. */
  readonly detail: string;
}

/** A row that isn't what its hash says is tried with so many numbers, in about a second, to tell a move from an edit. */
const MOST_NUMBERS_TRIED = 200_000n;

export interface VerifyOptions {
  /** Anchors to compare with; none: a tail that was cut off together with the noted end is not seen. */
  readonly anchors: readonly AuditAnchor[];
  onProgress(progress: { readonly done: number; readonly total: number }): void;
}

/**
 * Makes every hash of the chain anew and says where it first breaks. In constant memory but for the anchors; `onProgress` is
 * called after each page.
 */
export async function verifyAudit(
  { head, pages }: AuditSnapshot,
  { anchors, onProgress }: VerifyOptions,
): Promise<AuditVerdict> {
  let last: AuditHead = { seq: 0n, hash: CHAIN_START };
  let done = 0;
  const anchored = groupBySeq(anchors);
  const unlike = anchorFault(anchored, last);
  if (unlike !== null) return unlike;
  for await (const page of pages()) {
    for (const row of page) {
      const fault = rowFault(row, last, head) ?? anchorFault(anchored, row);
      if (fault !== null) return fault;
      last = { seq: row.seq, hash: row.hash };
    }
    done += page.length;
    onProgress({ done, total: Math.max(done, Number(head?.seq ?? 0)) });
  }
  return endFault(last, head, anchors) ?? { whole: true, rows: done, head: last };
}

function groupBySeq(anchors: readonly AuditAnchor[]): ReadonlyMap<bigint, readonly string[]> {
  const grouped = new Map<bigint, string[]>();
  for (const { seq, hash } of anchors) grouped.set(seq, [...(grouped.get(seq) ?? []), hash]);
  return grouped;
}

function broken(fault: AuditFault, seq: bigint, detail: string): Broken {
  return { whole: false, fault, seq, detail };
}

function rowFault(row: AuditRow, last: AuditHead, head: AuditHead | null): Broken | null {
  const expected = last.seq + 1n;
  const { seq } = row;
  if (seq > expected) return broken("rows_missing", expected, `after row ${last.seq} comes row ${seq}`);
  if (auditHash(row) !== row.hash) {
    const written = numberOnceHeld(row, head?.seq ?? seq);
    return written === null
      ? broken("row_edited", seq, "it doesn't say what its hash was made of")
      : broken("row_moved", seq, `it was written as row ${written}`);
  }
  if (seq < expected) return broken("row_repeated", seq, "there is another row of this number");
  if (row.prevHash !== last.hash) return broken("row_replaced", seq, `it doesn't follow row ${last.seq}`);
  return null;
}

/** The number with which a row has its hash; null where none of those tried gives it. */
function numberOnceHeld(row: AuditRow, newest: bigint): bigint | null {
  const most = newest < MOST_NUMBERS_TRIED ? newest : MOST_NUMBERS_TRIED;
  for (let seq = 1n; seq <= most; seq++) if (auditHash({ ...row, seq }) === row.hash) return seq;
  return null;
}

function anchorFault(anchored: ReadonlyMap<bigint, readonly string[]>, { seq, hash }: AuditHead): Broken | null {
  const other = anchored.get(seq)?.find((expected) => expected !== hash);
  if (other === undefined) return null;
  return broken("anchor_differs", seq, `expected the hash ${other} of the anchor but received ${hash}`);
}

function endFault(last: AuditHead, head: AuditHead | null, anchors: readonly AuditAnchor[]): Broken | null {
  const after = last.seq + 1n;
  if (head === null) return broken("end_differs", after, "the note of where the rows end is gone");
  if (head.seq > last.seq)
    return broken("end_differs", after, `the rows end here, but were noted to end at ${head.seq}`);
  if (head.seq < last.seq) {
    return broken("end_differs", head.seq + 1n, `the rows were noted to end before it, but end at ${last.seq}`);
  }
  if (head.hash !== last.hash) return broken("end_differs", last.seq, `its hash was noted as ${head.hash}`);
  const missing = anchors.find(({ seq }) => seq > last.seq);
  if (missing === undefined) return null;
  return broken("anchor_missing", after, `the rows end here, but there is an anchor of row ${missing.seq}`);
}
