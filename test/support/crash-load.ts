import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { assertCleanError } from "./clean-error.ts";
import { type CrashTargets, drawRequest, type Sent } from "./crash-requests.ts";
import { seeded } from "./pictures.ts";
import { openRawConnection, type RawAnswer } from "./raw-connection.ts";

/** Clients that go on sending while services and the database crash, and remember what they were told. */
export interface CrashLoad {
  readonly sent: readonly Sent[];
  acknowledged(): number;
  /** Resolves once so many more requests were acknowledged. */
  progress(more: number): Promise<void>;
  /** Ends the clients; requests under way end first. */
  stop(): Promise<void>;
  /** Repeats the requests that are repeated until they are answered. */
  finish(): Promise<void>;
}

const TROUBLE_PAUSE_MS = 100;
const LOOK_MS = 20;
/** How long a client waits for an answer; longer than the service promises. */
const PATIENCE_MS = 30_000;

export function startCrashLoad(
  ports: readonly number[],
  clients: number,
  targets: CrashTargets,
  seed: number,
): CrashLoad {
  const random = seeded(seed);
  const sent: Sent[] = [];
  const liftable: string[] = [];
  let acknowledged = 0;
  let stopping = false;
  let failure: unknown = null;

  async function send(request: Sent): Promise<void> {
    const port = ports[Math.floor(random() * ports.length)] ?? 0;
    const connection = openRawConnection(port);
    const patience = setTimeout(() => connection.close(), PATIENCE_MS);
    try {
      await connection.begin(request.request);
    } catch {
      connection.close();
      clearTimeout(patience);
      if (request.kind !== "check once") request.state = "refused";
      await delay(TROUBLE_PAUSE_MS);
      return;
    }
    request.attempts++;
    try {
      settle(request, await connection.finish());
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      await delay(TROUBLE_PAUSE_MS);
    } finally {
      clearTimeout(patience);
      connection.close();
    }
  }

  function settle(request: Sent, answer: RawAnswer): void {
    if (answer.status < 300) {
      request.state = "acknowledged";
      request.body = answer.body;
      acknowledged++;
      if (request.kind === "ban by hash") liftable.push((JSON.parse(answer.body) as { id: string }).id);
      return;
    }
    assertCleanError(answer, answer.body);
    if (answer.status < 500 && answer.status !== 409 && answer.status !== 429) request.state = "refused";
  }

  async function client(): Promise<void> {
    while (!stopping) {
      const request = drawRequest(targets, sent.length, random, liftable);
      sent.push(request);
      await send(request);
    }
  }

  const running = Promise.all(Array.from({ length: clients }, client)).catch((error: unknown) => {
    failure = error;
    stopping = true;
  });
  return {
    sent,
    acknowledged: () => acknowledged,
    async progress(more) {
      for (const enough = acknowledged + more; acknowledged < enough && !stopping; ) await delay(LOOK_MS);
    },
    async stop() {
      stopping = true;
      await running;
      if (failure !== null) throw failure;
    },
    async finish() {
      const open = sent.filter(({ kind, state }) => kind === "check once" && state === "open");
      await Promise.all(
        open.map(async (request) => {
          while (request.state === "open") await send(request);
        }),
      );
    },
  };
}
