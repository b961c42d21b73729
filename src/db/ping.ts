import type pg from "pg";

/** A statement that has no answer after this time has none for a request either. */
const ANSWER_MS = 1_000;
/** Longer than this a pool whose connections are all in use gets one of them back, or requests wait in vain. */
const STILL_MS = 1_500;

// A stand-by, or a server that was made read-only, answers and yet can't record a check.
const WRITABLE = "select current_setting('transaction_read_only') = 'off' as writable";

/**
 * Makes what tells whether a request that comes now would be answered. It asks by the requests' own pool, so that a server
 * without room for new connections, or one that refuses the password, doesn't pass for one that is there. While requests
 * hold every connection it doesn't queue behind them: a connection that came back a moment ago answers as well.
 * @returns a function that resolves within a second and never rejects; calls at the same moment share one statement
 */
export function createPing(pool: pg.Pool): () => Promise<boolean> {
  let cameBackAt = Number.NEGATIVE_INFINITY;
  pool.on("release", (error) => {
    if (!error) cameBackAt = performance.now();
  });
  const isFull = () => pool.idleCount === 0 && pool.totalCount >= pool.options.max;
  const moves = () => performance.now() - cameBackAt < STILL_MS;
  let asking: Promise<boolean> | null = null;
  return () => {
    if (isFull()) return Promise.resolve(moves());
    asking ??= ask(pool).finally(() => {
      asking = null;
    });
    return asking;
  };
}

async function ask(pool: pg.Pool): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ANSWER_MS, false);
  });
  const answered = pool.query<{ writable: boolean }>(WRITABLE).then(
    ({ rows }) => rows[0]?.writable === true,
    () => false,
  );
  try {
    return await Promise.race([answered, late]);
  } finally {
    clearTimeout(timer);
  }
}
