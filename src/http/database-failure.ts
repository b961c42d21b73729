/** Seconds after which a retry makes sense. */
const RECONNECT_SECONDS = 2;
const CONFLICT_SECONDS = 1;

/**
 * SQLSTATE classes and codes that say "not now", after PostgreSQL's appendix A: connection lost (08), refused login (28),
 * database missing while it is restored (3D), out of resources (53), operator intervention such as a shutdown or a
 * statement timeout (57), input or output failed (58), a stand-by that is read-only (25006) or knows no position to write at
 * (55000), waiting for a lock in vain (55P03), a transaction left open for too long (25P03).
 */
const UNAVAILABLE = /^(08|28|3D|53|57|58)|^(25006|25P03|55000|55P03)$/;
/** Serialization failures and deadlocks: the same statement is likely to succeed at once. */
const CONFLICT = /^40/;
const SOCKET_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
/** What the driver says where it gives no code at all. */
const DRIVER_MESSAGES =
  /^(Connection terminated|timeout (exceeded when trying to connect|expired)|Query read timeout|Client (has encountered a connection error|was closed)|Cannot use a pool after calling end|The server does not support SSL|There was an error establishing an SSL connection)/;

/**
 * Whether an error means that the database can't be reached or can't answer for now, and then after how many seconds to
 * try again; null for every other error. Looks through `cause` and AggregateError, since layers wrap the driver's error.
 */
export function databaseFailure(error: unknown, depth = 0): { retryAfterSeconds: number } | null {
  if (!(error instanceof Error) || depth > 5) return null;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (/^[0-9A-Z]{5}$/.test(code)) {
    if (CONFLICT.test(code)) return { retryAfterSeconds: CONFLICT_SECONDS };
    if (UNAVAILABLE.test(code)) return { retryAfterSeconds: RECONNECT_SECONDS };
  }
  if (SOCKET_CODES.has(code) || missingSocket(error, code) || DRIVER_MESSAGES.test(error.message)) {
    return { retryAfterSeconds: RECONNECT_SECONDS };
  }
  const inner = error instanceof AggregateError ? error.errors : [error.cause];
  for (const candidate of inner) {
    const failure = databaseFailure(candidate, depth + 1);
    if (failure !== null) return failure;
  }
  return null;
}

/** ENOENT is a missing file elsewhere, but of a connect it is an engine whose Unix socket is gone. */
function missingSocket(error: Error, code: string): boolean {
  return code === "ENOENT" && "syscall" in error && error.syscall === "connect";
}
