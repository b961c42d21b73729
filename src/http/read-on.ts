import type { IncomingMessage, ServerResponse } from "node:http";
import { type DiscardBounds, discardRest } from "./discard-rest.ts";

/**
 * Where a request is answered before all of its body has come, the rest is read and thrown away, within the bounds of
 * `discardRest`: a connection that is closed on unread bytes is reset, and its client, still sending, would never see the
 * answer. Nothing is held meanwhile, and the connection counts as one without a request, which gives way to others.
 */
export function readOnAfterAnswer(incoming: IncomingMessage, outgoing: ServerResponse, bounds?: DiscardBounds): void {
  // Before Node's own listener, which ends the connection where the client asked for that.
  outgoing.prependOnceListener("finish", () => {
    if (!incoming.readableEnded && !incoming.destroyed) readOn(incoming, bounds);
  });
}

function readOn(incoming: IncomingMessage, bounds: DiscardBounds | undefined): void {
  const { socket } = incoming;
  let isAnswering = true;
  let endsAfter = false;
  socket.destroySoon = () => {
    // Node's call, where the answer is the connection's last. The HTTP library's comes half a second later, and is too soon.
    if (!isAnswering) return;
    endsAfter = true;
    socket.end();
  };
  process.nextTick(() => {
    isAnswering = false;
  });
  void discardRest(incoming, bounds).then((isWhole) => {
    Reflect.deleteProperty(socket, "destroySoon");
    if (endsAfter || !isWhole) socket.destroySoon();
  });
}
