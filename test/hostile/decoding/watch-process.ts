import { readdirSync, readFileSync } from "node:fs";

const LOOK_MS = 20;
/** As far as the kernel keeps a name. */
const WORKER = "lookalike-image";

/** What a service and its workers take, looked at from outside by /proc. */
export interface ProcessWatch {
  /** Largest resident memory of any worker so far, in MiB, as the kernel recorded it. */
  readonly workerPeakMib: number;
  /** The same of the service itself. */
  readonly servicePeakMib: number;
  stop(): void;
}

/** Looks every 20 ms; a worker that is killed in between is missing what it grew in its last moments. */
export function watchProcess(pid: number): ProcessWatch {
  let workerPeakMib = 0;
  let servicePeakMib = 0;
  const timer = setInterval(() => {
    servicePeakMib = Math.max(servicePeakMib, peakMib(pid) ?? 0);
    for (const child of childrenOf(pid)) workerPeakMib = Math.max(workerPeakMib, peakMib(child, WORKER) ?? 0);
  }, LOOK_MS);
  return {
    get workerPeakMib() {
      return workerPeakMib;
    },
    get servicePeakMib() {
      return servicePeakMib;
    },
    stop: () => clearInterval(timer),
  };
}

/** Open descriptors of a process by kind: `socket`, `pipe`, `file`, `other`; null where the system has no /proc. */
export function openDescriptors(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null;
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** VmHWM in MiB; null where the process is gone or has another name. */
function peakMib(pid: number, name = ""): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    if (!status.startsWith(`Name:\t${name}`)) return null;
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return null;
  }
}
