import type { IncomingMessage } from "node:http";

/** How much is read of a body that nobody wants any more. */
export interface DiscardBounds {
  /** How often it is looked whether bytes still come, in milliseconds: a sender that paused for as long is given up on. */
  readonly lookEveryMs: number;
  /** Looks after which the sender is given up on, whatever still comes. */
  readonly looks: number;
  readonly maxBytes: number;
}

/** A pause of 5 to 10 s, 30 s, 64 MiB. */
const BOUNDS: DiscardBounds = { lookEveryMs: 5_000, looks: 6, maxBytes: 64 * 1024 * 1024 };

const givenUpOn = new WeakSet<IncomingMessage>();

/**
 * Reads what is left of a request's body and keeps nothing of it. A body that was given up on once isn't read further.
 * @returns whether its end was reached, rather than a bound or the end of the connection
 */
export function discardRest(incoming: IncomingMessage, bounds: DiscardBounds = BOUNDS): Promise<boolean> {
  if (incoming.readableEnded) return Promise.resolve(true);
  if (incoming.destroyed || givenUpOn.has(incoming)) return Promise.resolve(false);
  const { socket } = incoming;
  return new Promise((resolve) => {
    let discarded = 0;
    let seen = 0;
    let looks = 0;
    const stop = (isWhole: boolean) => {
      clearInterval(looking);
      incoming.off("data", onData).off("end", onEnd).off("error", giveUp).pause();
      socket.off("close", giveUp);
      // A request that was given up on may still fail; an unheard "error" event would end the process.
      incoming.on("error", () => {});
      resolve(isWhole);
    };
    const onEnd = () => stop(true);
    const giveUp = () => {
      givenUpOn.add(incoming);
      stop(false);
    };
    const onData = (chunk: Buffer) => {
      discarded += chunk.length;
      if (discarded > bounds.maxBytes) giveUp();
    };
    const looking = setInterval(() => {
      looks += 1;
      if (discarded === seen || looks >= bounds.looks) giveUp();
      seen = discarded;
    }, bounds.lookEveryMs).unref();
    // After the answer Node tells only the connection, not the request, that the client has gone.
    socket.once("close", giveUp);
    incoming.on("data", onData).once("end", onEnd).once("error", giveUp).resume();
  });
}
