import { readFileSync } from "node:fs";
import { readResidentBytes } from "../../src/worker/resident-memory.ts";

const MEBIBYTE = 2 ** 20;

/** Resident memory in MiB: of the service's own process, and of its workers together. NaN where there is no /proc. */
export function readServiceMemory(pid: number): { readonly service: number; readonly workers: number } {
  const own = readResidentBytes(pid);
  if (own === null) return { service: Number.NaN, workers: Number.NaN };
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").filter(Boolean);
  const bytes = children.map((child) => readResidentBytes(Number(child)) ?? 0);
  return { service: own / MEBIBYTE, workers: bytes.reduce((sum, each) => sum + each, 0) / MEBIBYTE };
}
