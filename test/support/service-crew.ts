import { setTimeout as delay } from "node:timers/promises";
import { findLastingPort } from "./lasting-port.ts";
import { type ServiceProcess, startServiceProcess } from "./service-process.ts";

/** Several service processes on one database, each on a port that it keeps. */
export interface ServiceCrew {
  readonly ports: readonly number[];
  /**
   * Ends one with the signal and starts it again on its port; where the database is away, again and again.
   * @returns the milliseconds from the new process's start until it answers that it is ready
   */
  restart(index: number, signal: "SIGTERM" | "SIGKILL"): Promise<number>;
  /** Ends all; `SIGTERM` lets accepted requests finish. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** What all processes logged so far, those that ended included. */
  log(): string;
}

const READY_WITHIN_MS = 120_000;
const LOOK_MS = 10;

/** Starts `count` built services with these settings. */
export async function startServiceCrew(count: number, settings: Record<string, string>): Promise<ServiceCrew> {
  const ended: string[] = [];
  const ports = await Promise.all(Array.from({ length: count }, findLastingPort));
  const start = (port: number) => startServiceProcess({ ...settings, PORT: String(port) });
  const members = await Promise.all(ports.map(start));

  async function end(member: ServiceProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    member.child.kill(signal);
    await member.exited;
    ended.push(member.log());
  }

  async function startAtLast(port: number): Promise<ServiceProcess> {
    for (const giveUpAt = performance.now() + READY_WITHIN_MS; ; ) {
      try {
        return await start(port);
      } catch (error) {
        if (performance.now() > giveUpAt) throw error;
        ended.push(String(error));
      }
    }
  }

  return {
    ports,
    async restart(index, signal) {
      const member = members[index];
      if (member === undefined) throw new Error(`Expected one of ${count} services but received ${index}`);
      await end(member, signal);
      const startMs = performance.now();
      const port = ports[index] ?? 0;
      members[index] = await startAtLast(port);
      await untilReady(port);
      return performance.now() - startMs;
    },
    async stop(signal = "SIGTERM") {
      await Promise.all(members.map((member) => end(member, signal)));
    },
    log: () => [...ended, ...members.map((member) => member.log())].join(""),
  };
}

async function untilReady(port: number): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    await response?.body?.cancel();
    if (response?.status === 200) return;
    if (performance.now() > giveUpAt) throw new Error(`The service on port ${port} is not ready`);
    await delay(LOOK_MS);
  }
}
