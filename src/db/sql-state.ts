/** True where a statement broke the named unique constraint or index (SQLSTATE 23505). */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, constraint: broken } = cause as { code?: unknown; constraint?: unknown };
    if (code === "23505") return broken === constraint;
  }
  return false;
}
