/** One page of something that is listed; `next` continues behind it, null at the end. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

/** Cuts the one row too many that tells whether there is a next page. */
export function cutPage<Row>(rows: readonly Row[], limit: number, cursor: (row: Row) => string): Page<Row> {
  const last = rows[limit - 1];
  return { rows: rows.slice(0, limit), next: rows.length > limit && last !== undefined ? cursor(last) : null };
}
