import { readFileSync } from "node:fs";

/**
 * Resident memory of a process in bytes, or null where the system has no /proc or the process is gone. Reads VmRSS,
 * which the kernel gives in kibibytes; statm counts pages, whose size Node can't tell. About 20 microseconds.
 */
export function readResidentBytes(pid: number): number | null {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, "latin1");
  } catch {
    return null;
  }
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}
