import { setTimeout as delay } from "node:timers/promises";
import { assertCleanError } from "./clean-error.ts";
import { openRawConnection, type RawAnswer, type RawConnection, rawRequest, sendTogether } from "./raw-connection.ts";

/** Checks to be sent by many clients at once against one caller's quota. */
export interface QuotaLoad {
  /** Of the service processes; the clients are spread over them. */
  readonly ports: readonly number[];
  readonly clients: number;
  /** How many of the clients send together, the last bytes of all in one go; the others go on each by itself. */
  readonly burst: number;
  readonly requests: number;
  /** They name the caller. */
  readonly headers: Readonly<Record<string, string>>;
  /** A PNG in base64. */
  readonly image: string;
  /** Makes the bytes of every request its own, different from those of another label; null: all send the same image. */
  readonly label: string | null;
}

/** How the requests of a load were answered. */
export interface QuotaTally {
  /** 200, charged 1. */
  accepted: number;
  /** 429 `quota_exceeded` with Retry-After. */
  refused: number;
  /** 503 with Retry-After: the same request was sent again, and is counted once more by its last answer. */
  busy: number;
  /** What the accepted answers said is left. */
  readonly remaining: number[];
  /** Answers that are none of these; the first few. */
  readonly faults: string[];
}

const FAULTS_TOLD = 10;
const BUSY_PAUSE_MS = 100;

/** Sends all requests; `onTally` is called after every answer. Ends early, with a fault, where an answer is none it expects. */
export async function sendQuotaLoad(load: QuotaLoad, onTally?: (tally: QuotaTally) => void): Promise<QuotaTally> {
  const tally: QuotaTally = { accepted: 0, refused: 0, busy: 0, remaining: [], faults: [] };
  const image = Buffer.from(load.image, "base64");
  const headers = { ...load.headers, "Content-Type": "image/png" };
  const connections = Array.from({ length: load.clients }, (_, index) =>
    openRawConnection(load.ports[index % load.ports.length] ?? 0),
  );
  const again: number[] = [];
  let next = 0;

  function take(count: number): number[] {
    if (tally.faults.length > FAULTS_TOLD) return [];
    const taken = again.splice(0, count);
    while (taken.length < count && next < load.requests) taken.push(next++);
    return taken;
  }

  async function send(group: readonly RawConnection[]): Promise<void> {
    for (let indexes = take(group.length); indexes.length > 0; indexes = take(group.length)) {
      const sendings = indexes.map((index, at) => {
        // Bytes behind the end of a PNG change its digests and nothing else.
        const body = load.label === null ? image : Buffer.concat([image, Buffer.from(`#${load.label}-${index}`)]);
        const request = rawRequest("POST", "/v1/images/check?classify=never", headers, body);
        return { connection: group[at] as RawConnection, request };
      });
      const answers = await sendTogether(sendings);
      let busy = false;
      answers.forEach((answer, at) => {
        const kind = answer.status === "rejected" ? fault(tally, String(answer.reason)) : count(tally, answer.value);
        if (kind !== "busy") return;
        busy = true;
        again.push(indexes[at] ?? 0);
      });
      onTally?.(tally);
      if (busy) await delay(BUSY_PAUSE_MS);
    }
  }

  const together = connections.slice(0, load.burst);
  const alone = connections.slice(load.burst).map((connection) => [connection]);
  await Promise.all([together, ...alone].filter((group) => group.length > 0).map(send));
  for (const connection of connections) connection.close();
  return tally;
}

function count(tally: QuotaTally, answer: RawAnswer): "counted" | "busy" {
  if (answer.status === 200) {
    const { quota } = JSON.parse(answer.body) as { quota: { charged: number; remaining: number } };
    if (quota.charged !== 1) return fault(tally, `charged ${quota.charged}`);
    tally.accepted++;
    tally.remaining.push(quota.remaining);
    return "counted";
  }
  try {
    assertCleanError(answer, answer.body);
  } catch (error) {
    return fault(tally, String(error));
  }
  const waits = Number(answer.headers.get("retry-after")) >= 1;
  const { code } = JSON.parse(answer.body) as { code: string };
  if (answer.status === 429 && code === "quota_exceeded" && waits) {
    tally.refused++;
    return "counted";
  }
  if (answer.status !== 503) return fault(tally, `${answer.status} ${answer.body}`);
  tally.busy++;
  return "busy";
}

function fault(tally: QuotaTally, what: string): "counted" {
  tally.faults.push(what);
  return "counted";
}
