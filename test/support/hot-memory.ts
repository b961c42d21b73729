import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../../src/db/client.ts";
import { readNews } from "../../src/db/fingerprint-changes.ts";
import type { HotMemory } from "../../src/db/hot-memory.ts";
import type { HotView } from "../../src/db/near-view.ts";

const READY_WITHIN_MS = 20_000;

/** Resolves when the rows in memory answer. */
export async function untilReady(memory: HotMemory): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (memory.follower.position() === null) {
    if (performance.now() > deadline) throw new Error(`Memory is still ${memory.facts().state}`);
    await delay(5);
  }
}

/** The rows in memory as of now; waits where it has to catch up first. */
export async function takeView(memory: HotMemory, db: Database): Promise<HotView> {
  for (;;) {
    await untilReady(memory);
    const asked = memory.follower.position();
    const view = memory.follower.take(asked, await readNews(db, asked, false));
    if (view !== null) return view;
  }
}
