import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Collects this thread's garbage. A segment's memory is given back when the last thread has collected it, and V8 doesn't
 * count shared memory when it decides whether to: an idle thread would keep gigabytes.
 */
export function freeMemory(): void {
  collect ??= findCollector();
  collect();
}

let collect: (() => void) | undefined;

function findCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
