/** Probability per label, 0..1, in the model's own order of labels. */
export type Scores = Readonly<Record<string, number>>;
