export const REUSE_THRESHOLDS = { pdq: 31, blockhash: 20 } as const;
export const DEFAULT_LIST_THRESHOLDS = { pdq: 31, blockhash: 16 } as const;
