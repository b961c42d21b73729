import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setImmediate as later } from "node:timers/promises";
import { findLastingPort } from "./lasting-port.ts";

/** A way to a server of 127.0.0.1 that can be closed, as if the server were away, and opened again. */
export interface TcpGateway {
  readonly port: number;
  open(): Promise<void>;
  /** Ends all connections; new ones are refused. */
  close(): Promise<void>;
  /** Keeps the connections there are, and hands on nothing that comes by them any more. */
  stall(): void;
}

export interface TcpGatewayOptions {
  /** Hands on what the server sends so that every character of several bytes comes in two pieces. */
  readonly cutCharacters?: boolean;
}

/** Opens a way to the port. */
export async function openGateway(target: number, options: TcpGatewayOptions = {}): Promise<TcpGateway> {
  const port = await findLastingPort();
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let stalls = 0;

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    socket.setNoDelay(true);
    return socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  }

  function accept(inner: Socket): void {
    const made = stalls;
    const isHeard = () => made === stalls;
    const outer = keep(connect(target, "127.0.0.1"));
    keep(inner).on("data", (bytes) => isHeard() && outer.write(bytes));
    if (options.cutCharacters) void handOnInPieces(outer, inner, isHeard);
    else outer.on("data", (bytes) => isHeard() && inner.write(bytes));
    outer.on("close", () => inner.destroy());
    inner.on("close", () => outer.destroy());
  }

  const gateway: TcpGateway = {
    port,
    async open() {
      server = createServer(accept).listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    async close() {
      const closed = new Promise((resolve) => server?.close(resolve) ?? resolve(null));
      for (const socket of sockets) socket.destroy();
      await closed;
      server = null;
    },
    stall() {
      stalls++;
    },
  };
  await gateway.open();
  return gateway;
}

async function handOnInPieces(from: Socket, to: Socket, isHeard: () => boolean): Promise<void> {
  try {
    for await (const bytes of from as AsyncIterable<Buffer>) {
      if (!isHeard()) continue;
      let start = 0;
      for (let at = 1; at < bytes.length; at++) {
        if (!isContinuation(bytes[at]) || isContinuation(bytes[at - 1])) continue;
        to.write(bytes.subarray(start, at));
        start = at;
        // So that the piece is on its way before the next.
        await later();
      }
      to.write(bytes.subarray(start));
    }
  } catch {
    // The connection was ended.
  }
}

/** Of a character's UTF-8: not its first byte. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
