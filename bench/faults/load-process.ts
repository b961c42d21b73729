// The load of overload.ts, in a process of its own so that it takes no time from what it measures but that of the machine's
// cores. Asked by IPC: one LoadOrder after another, each answered with a LoadReport.
import { type LoadConnection, openLoadConnection } from "./load-connection.ts";
import { createSupply, type LoadKind, type RequestSupply } from "./load-requests.ts";

export interface LoadOrder {
  readonly port: number;
  readonly kind: LoadKind;
  /** Of each image that is sent. */
  readonly bodyBytes: number;
  readonly seconds: number;
  /** Requests to make before the first is sent. */
  readonly prepared: number;
  /** `closed`: so many connections, each the next request when its last is answered. `open`: so many a second, whatever comes back. */
  readonly load: { readonly closed: number } | { readonly open: number };
}

/** Answers of one sort; times in milliseconds from the first byte sent to the last received. */
export interface Answers {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoadReport {
  readonly accepted: Answers;
  readonly refused: Answers;
  /** Answers of other statuses, and connections that ended without one (0). */
  readonly others: Readonly<Record<number, number>>;
  /** Requests a second that were sent. */
  readonly sentRate: number;
  /** Requests a second that were accepted. */
  readonly goodput: number;
  /** How much later than planned requests were sent, 99 of 100: above some ms the load itself was short of time. */
  readonly lateP99: number;
}

const TICK_MS = 4;
/** Below the service's own bound of 1024. */
const MOST_CONNECTIONS = 1000;

const supplies = new Map<LoadKind, RequestSupply>();
const connections: LoadConnection[] = [];

async function run({ port, kind, bodyBytes, seconds, prepared, load }: LoadOrder): Promise<LoadReport> {
  const supply = supplies.get(kind) ?? createSupply(kind, bodyBytes);
  supplies.set(kind, supply);
  supply.prepare(prepared);
  const times = { accepted: [] as number[], refused: [] as number[], late: [] as number[] };
  const others: Record<number, number> = {};
  let sent = 0;
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;

  async function sendOne(connection: LoadConnection, plannedMs: number): Promise<void> {
    const request = supply.next();
    const sentMs = performance.now();
    times.late.push(sentMs - plannedMs);
    sent += 1;
    const status = await connection.send(request);
    const tookMs = performance.now() - sentMs;
    if (status === 200) times.accepted.push(tookMs);
    else supply.giveBack(request);
    if (status === 503 || status === 429) times.refused.push(tookMs);
    else if (status !== 200) others[status] = (others[status] ?? 0) + 1;
  }

  if ("closed" in load) {
    const drive = async () => {
      let connection = await takeConnection(port);
      while (performance.now() < endMs) {
        if (!connection.isOpen) connection = await openLoadConnection(port);
        await sendOne(connection, performance.now());
      }
      connections.push(connection);
    };
    await Promise.all(Array.from({ length: load.closed }, drive));
  } else {
    const open: Promise<void>[] = [];
    let busy = 0;
    const send = async (plannedMs: number) => {
      busy += 1;
      const connection = await takeConnection(port);
      await sendOne(connection, plannedMs);
      busy -= 1;
      if (connection.isOpen) connections.push(connection);
    };
    let planned = 0;
    while (performance.now() < endMs) {
      const due = Math.floor(((performance.now() - startMs) / 1000) * load.open);
      for (; planned < due && busy < MOST_CONNECTIONS; planned++) {
        open.push(send(startMs + (planned / load.open) * 1000));
      }
      // What no connection was left for is not made up for later.
      planned = due;
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    await Promise.all(open);
  }
  return {
    accepted: summary(times.accepted),
    refused: summary(times.refused),
    others,
    sentRate: sent / seconds,
    goodput: times.accepted.length / seconds,
    lateP99: summary(times.late).p99,
  };
}

async function takeConnection(port: number): Promise<LoadConnection> {
  for (let known = connections.pop(); known !== undefined; known = connections.pop()) {
    if (known.isOpen) return known;
    known.close();
  }
  return await openLoadConnection(port);
}

function summary(values: number[]): Answers {
  const sorted = Float64Array.from(values).sort();
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

process.on("message", (order: LoadOrder) => {
  void run(order).then((report) => process.send?.(report));
});
