const charged = new WeakMap<Request, number>();

/** Keeps what a call was charged, for the answer where what comes after the charge fails. */
export function noteOperations(request: Request, operations: number): void {
  charged.set(request, operations);
}

/** Units that a call was charged so far. */
export function chargedOperations(request: Request): number {
  return charged.get(request) ?? 0;
}
