import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Keeps the connections of a server at `max`. For a new one beyond it the one that has been without a request for longest is
 * closed, so that clients who open connections and send nothing, or send slowly, push out each other and nobody else. Only
 * where every connection has a request is the new one handed to `onFull`.
 */
export function boundConnections(server: Server, max: number, onFull: (socket: Socket) => void): void {
  /** Requests of each open connection; several at once where the client doesn't wait for answers. */
  const requests = new Map<Socket, number>();
  /** Those without, in the order in which they became so. */
  const idle = new Set<Socket>();

  function count(socket: Socket, change: 1 | -1): void {
    const before = requests.get(socket);
    if (before === undefined) return;
    requests.set(socket, before + change);
    if (before + change === 0) idle.add(socket);
    else idle.delete(socket);
  }

  server.on("connection", (socket: Socket) => {
    requests.set(socket, 0);
    socket.once("close", () => {
      requests.delete(socket);
      idle.delete(socket);
    });
    if (requests.size > max) {
      const [longest] = idle;
      if (longest === undefined) {
        onFull(socket);
        return;
      }
      // It counts as gone from now on, not from when its end has been seen.
      requests.delete(longest);
      idle.delete(longest);
      longest.destroy();
    }
    idle.add(socket);
  });

  function onRequest(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming;
    count(socket, 1);
    outgoing.once("close", () => count(socket, -1));
  }
  for (const event of ["request", "checkContinue", "checkExpectation"]) server.prependListener(event, onRequest);
}
