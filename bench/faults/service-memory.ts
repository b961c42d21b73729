import { readFileSync } from "node:fs";
import { readResidentBytes } from "../../src/worker/resident-memory.ts";

const MEBIBYTE = 2 ** 20;

/** Less than a worker has that has loaded its model; those that start are below. */
const STARTED_MEBIBYTES = 100;

/**
 * Resident memory in MiB: of the service's own process, and of its workers together. NaN where there is no /proc, and for the
 * workers while one of them starts.
 */
export function readServiceMemory(pid: number): { readonly service: number; readonly workers: number } {
  const own = readResidentBytes(pid);
  if (own === null) return { service: Number.NaN, workers: Number.NaN };
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").filter(Boolean);
  const workers = children.map((child) => (readResidentBytes(Number(child)) ?? 0) / MEBIBYTE);
  const haveStarted = workers.length > 0 && workers.every((each) => each >= STARTED_MEBIBYTES);
  return {
    service: own / MEBIBYTE,
    workers: haveStarted ? workers.reduce((sum, each) => sum + each, 0) : Number.NaN,
  };
}
