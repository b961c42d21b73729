import type { Socket } from "node:net";
import { listenOnLoopback } from "./image-origin.ts";
import type { TestService } from "./service.ts";

/** Requests that a service works on until they are let go, for at most the 10 s of a fetch. */
export interface HeldRequests {
  /** Ends them; resolves with their statuses. */
  release(): Promise<number[]>;
}

/** Requests under way in a service, by its own count at /metrics. */
export async function countUnderWay(service: TestService): Promise<number> {
  const response = await service.request("/metrics");
  if (response.status !== 200) throw new Error(await response.text());
  return Number(/^lookalike_requests_under_way (\d+)$/m.exec(await response.text())?.[1] ?? Number.NaN);
}

/**
 * Has a service check so many URLs whose origin doesn't answer, and resolves once it works on them all. It has to allow
 * private URLs and four times as many fetches.
 */
export async function holdRequests(service: TestService, count: number): Promise<HeldRequests> {
  const sockets: Socket[] = [];
  const origin = await listenOnLoopback((socket) => {
    sockets.push(socket.on("error", () => {}));
  });
  const answers = Array.from({ length: count }, async (_, index) => {
    const response = await service.request("/v1/images/check", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ url: `http://127.0.0.1:${origin.port}/${index}` }),
    });
    await response.text();
    return response.status;
  });
  while (sockets.length < count) await countUnderWay(service);
  return {
    async release() {
      for (const socket of sockets) socket.destroy();
      const statuses = await Promise.all(answers);
      await origin.close();
      return statuses;
    },
  };
}
