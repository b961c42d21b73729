import { connect, type Socket } from "node:net";

/** One HTTP/1.1 request, ready to be written. */
export type RawRequest = Buffer;

/** A request as bytes; `body` goes with its length. */
export function rawRequest(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: Uint8Array,
): RawRequest {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = body === undefined ? "" : `Content-Length: ${body.length}\r\n`;
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: bench\r\n${lines.join("")}${length}\r\n`);
  return body === undefined ? head : Buffer.concat([head, body]);
}

/**
 * Sends requests over `connections` kept-alive connections, each the next one as soon as its last was answered, until
 * `next` gives no more. Gives the milliseconds of every request. Throws on any status but 200.
 */
export async function drive(port: number, connections: number, next: () => RawRequest | null): Promise<number[]> {
  const times: number[] = [];
  await Promise.all(Array.from({ length: connections }, () => driveOne(port, next, times)));
  return times;
}

async function driveOne(port: number, next: () => RawRequest | null, times: number[]): Promise<void> {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  for (let request = next(); request !== null; request = next()) {
    const startMs = performance.now();
    await roundTrip(socket, request);
    times.push(performance.now() - startMs);
  }
  socket.destroy();
}

function roundTrip(socket: Socket, request: RawRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    function onData(part: Buffer): void {
      received = received.length === 0 ? part : Buffer.concat([received, part]);
      const headEnd = received.indexOf("\r\n\r\n");
      if (headEnd === -1) return;
      const head = received.toString("latin1", 0, headEnd);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
      const done = Number.isNaN(length)
        ? received.subarray(-5).toString("latin1") === "0\r\n\r\n"
        : received.length >= headEnd + 4 + length;
      if (!done) return;
      socket.off("data", onData);
      socket.off("error", reject);
      if (head.startsWith("HTTP/1.1 200")) resolve();
      else reject(new Error(`Expected 200 but received ${received.toString("utf8").slice(0, 500)}`));
    }
    socket.on("data", onData);
    socket.once("error", reject);
    socket.write(request);
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A generator of requests that ends after a time or a number of them. */
export function until(limit: { readonly milliseconds: number }, make: () => RawRequest): () => RawRequest | null {
  const end = performance.now() + limit.milliseconds;
  return () => (performance.now() < end ? make() : null);
}
