/** What somebody said of a picture, as answers about it carry it. */
export interface GivenFeedback {
  readonly model: string;
  readonly class: string;
  /** When it was said last. */
  readonly at: Date;
}

/** How much of it an answer carries, the newest first. */
const MOST_CARRIED = 20;

/** The column as the driver reads it; null where nothing was said. */
export interface FeedbackColumn {
  feedback: readonly { readonly model: string; readonly class: string; readonly at: string }[] | null;
}

/**
 * The feedback on some bytes as a column of any statement: one index probe for each row.
 * @param sha256 SQL of the bytes' SHA-256; null gives null
 */
export function feedbackColumn(sha256: string): string {
  return `(select json_agg(json_build_object('model', said.model, 'class', said.class, 'at', said.updated_at)
      order by said.updated_at desc, said.id desc)
    from (select id, model, class, updated_at from feedback where feedback.sha256 = ${sha256}
      order by updated_at desc, id desc limit ${MOST_CARRIED}) as said) as feedback`;
}

export function parseFeedback({ feedback }: FeedbackColumn): GivenFeedback[] {
  return (feedback ?? []).map((each) => ({ model: each.model, class: each.class, at: new Date(each.at) }));
}
