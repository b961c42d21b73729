import { IncomingMessage } from "node:http";
import type { Context } from "hono";
import { ClientAborted } from "../client-aborted.ts";
import { holdBodyBytes, noteArrival } from "./body-budget.ts";

/**
 * Hands every chunk of the request body to `onChunk`, in order, and resolves after the last.
 *
 * Reads Node's own request where the server gives it (`c.env.incoming`), which spares the copy into a web stream, and
 * the web body elsewhere (`app.request()`). Where `onChunk` throws, reading stops and the error is thrown from here.
 *
 * Every byte counts against what the process may hold, until the request ends.
 *
 * @throws ClientAborted where the connection ends before the body does
 * @throws AppError overloaded; request_timeout where it takes long and others wait for its room
 */
export async function readChunks(c: Context, onChunk: (chunk: Buffer) => void): Promise<void> {
  const incoming: unknown = c.env?.incoming;
  const take = (chunk: Buffer) => {
    holdBodyBytes(c.req.raw, chunk.length);
    onChunk(chunk);
  };
  if (incoming instanceof IncomingMessage) await readIncoming(c.req.raw, incoming, take);
  else await readWebBody(c.req.raw.body, take);
}

function readIncoming(request: Request, incoming: IncomingMessage, onChunk: (chunk: Buffer) => void): Promise<void> {
  if (incoming.readableDidRead) throw new Error("The request body was read before");
  return new Promise((resolve, reject) => {
    if (incoming.destroyed) {
      reject(new ClientAborted());
      return;
    }
    const fail = (error: unknown) => {
      stop();
      reject(error);
    };
    const arrived = noteArrival(request, fail);
    const onData = (chunk: Buffer) => {
      try {
        onChunk(chunk);
      } catch (error) {
        fail(error);
      }
    };
    const onEnd = () => {
      stop();
      resolve();
    };
    const onAborted = (error?: Error) => fail(new ClientAborted({ cause: error }));
    function stop(): void {
      arrived();
      // Paused, not drained: the front door discards a bounded rest once the answer is out.
      incoming.off("data", onData).off("end", onEnd).off("error", onAborted).off("close", onAborted).pause();
      incoming.on("error", ignore);
    }
    incoming.on("data", onData).on("end", onEnd).on("error", onAborted).on("close", onAborted);
  });
}

/** A request that was given up on may still fail; an unheard "error" event would end the process. */
function ignore(): void {}

async function readWebBody(body: ReadableStream<Uint8Array> | null, onChunk: (chunk: Buffer) => void): Promise<void> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new ClientAborted({ cause });
      });
      if (done) return;
      onChunk(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    }
  } catch (error) {
    reader.cancel(error).catch(ignore);
    throw error;
  }
}
