import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Dial } from "../../src/image/fetch-connect.ts";

/** A TCP server on the loopback that keeps count, and shuts with all its connections. */
export interface LoopbackServer {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: () => number;
  /** Resolves once no accepted connection is open any more. */
  readonly drained: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Listens on a free port of 127.0.0.1 and hands each connection to `accept`. */
export async function listenOnLoopback(accept: (socket: Socket) => void): Promise<LoopbackServer> {
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => {});
    accept(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    connections: () => connections,
    drained: async () => {
      for (const socket of open) await new Promise((resolve) => socket.once("close", resolve));
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An HTTP origin of raw sockets, so that it can misbehave on the wire. */
export interface ImageOrigin extends LoopbackServer {
  /** Request heads received, in order. */
  readonly requests: readonly string[];
}

/** Starts an origin; `answer` gets the path of each request and writes whatever it likes. */
export async function startImageOrigin(answer: (path: string, socket: Socket) => void): Promise<ImageOrigin> {
  const requests: string[] = [];
  const server = await listenOnLoopback((socket) => {
    let head = "";
    socket.on("data", (bytes) => {
      head += bytes.toString("latin1");
      // It speaks no TLS.
      if (head.startsWith("\x16")) socket.destroy();
      if (!head.endsWith("\r\n\r\n")) return;
      requests.push(head);
      answer(head.split(" ")[1] ?? "", socket);
      head = "";
    });
  });
  return { ...server, requests };
}

/** A whole response: status line, header lines, Content-Length and body. */
export function httpAnswer(status: number, headers: readonly string[], body: string | Buffer = ""): Buffer {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status} Answer`, ...headers, `Content-Length: ${bytes.length}`, "", ""].join("\r\n");
  return Buffer.concat([Buffer.from(head, "latin1"), bytes]);
}

/** A dial that keeps the addresses it is given and connects to the loopback port `portFor` names for each. */
export function recordingDial(portFor: (address: string) => number): { dial: Dial; dialled: string[] } {
  const dialled: string[] = [];
  const dial: Dial = (address) => {
    dialled.push(address);
    return connect({ host: "127.0.0.1", port: portFor(address) });
  };
  return { dial, dialled };
}

/** Answers every request of a fresh origin by `answer`, runs `use`, and waits until no connection is open any more. */
export async function withImageOrigin(
  answer: (path: string, socket: Socket) => void,
  use: (base: string, requests: readonly string[]) => Promise<void>,
): Promise<void> {
  const origin = await startImageOrigin(answer);
  try {
    await use(`http://127.0.0.1:${origin.port}`, origin.requests);
    await origin.drained();
  } finally {
    await origin.close();
  }
}
