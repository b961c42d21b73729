import { connect, type Socket } from "node:net";

/** A kept-alive connection for one request at a time, which costs its process as little as can be. */
export interface LoadConnection {
  /** Whether it takes a request. False also some time before the service would close it for having none. */
  readonly isOpen: boolean;
  /** Resolves with the status of the answer; 0 where the connection ended without one. */
  send(request: Buffer): Promise<number>;
  close(): void;
}

/** The service closes a connection after 5 s without a request; a request that meets that would be lost. */
const MOST_IDLE_MS = 3000;
const LENGTH = /content-length: (\d+)/i;

export function openLoadConnection(port: number): Promise<LoadConnection> {
  const socket: Socket = connect(port, "127.0.0.1").setNoDelay(true);
  let received: Buffer = Buffer.alloc(0);
  let answer: ((status: number) => void) | null = null;
  let idleSinceMs = performance.now();

  function settle(status: number): void {
    received = Buffer.alloc(0);
    idleSinceMs = performance.now();
    answer?.(status);
    answer = null;
  }
  socket.on("data", (part: Buffer) => {
    received = received.length === 0 ? part : Buffer.concat([received, part]);
    const headEnd = received.indexOf("\r\n\r\n");
    if (headEnd === -1) return;
    const head = received.toString("latin1", 0, headEnd);
    if (received.length >= headEnd + 4 + Number(LENGTH.exec(head)?.[1] ?? 0)) settle(Number(head.slice(9, 12)));
  });
  socket.on("error", () => {});
  socket.on("close", () => settle(0));

  const connection: LoadConnection = {
    get isOpen() {
      return socket.writable && performance.now() - idleSinceMs < MOST_IDLE_MS;
    },
    send: (request) =>
      new Promise((resolve) => {
        if (!socket.writable) return resolve(0);
        answer = resolve;
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(connection));
    socket.once("close", () => resolve(connection));
  });
}
