import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import { ConfigError } from "../config-error.ts";
import type { AppContext } from "../services/context.ts";
import { type createApp, vendorRefusalOf } from "./app.ts";
import { openFrontDoor } from "./front-door.ts";
import { urlFailure } from "./malformed-request.ts";
import { refusalResponse } from "./refusal.ts";
import { toAppError } from "./to-app-error.ts";

/** A server that listens. */
export interface Listening {
  /** The port it got; another than asked for where that was 0. */
  readonly port: number;
  /** Takes no new connections, lets accepted requests finish, then ends; cuts what is left after `drainMs`. */
  close(drainMs: number): Promise<void>;
}

const TIMEOUTS = {
  /** Headers must be there within this time, so that idle connections can't be piled up. */
  headersTimeout: 10_000,
  /** A whole request, upload included, in milliseconds. */
  requestTimeout: 120_000,
  /**
   * How long a connection is kept for its next request: longer than load balancers keep theirs (60 s is common), since whichever
   * side lets go first may cut a request that is on its way. Where connections are short, idle ones make room.
   */
  keepAliveTimeout: 75_000,
  /** How often the server looks for requests that are past these. */
  connectionsCheckingInterval: 1_000,
};

/** For a request of HTTP/1.0, which need not say whom it is for. */
const UNNAMED_HOST = "localhost";

/**
 * Serves an app over HTTP.
 * @throws ConfigError naming PORT or HOST where that address can't be listened on
 */
export async function listen(
  app: ReturnType<typeof createApp>,
  context: AppContext,
  host: string,
  port: number,
): Promise<Listening> {
  // Node would answer a request without a Host itself; the front door does.
  const server = createServer({ ...TIMEOUTS, requireHostHeader: false });
  const listener = getRequestListener(app.fetch, {
    hostname: UNNAMED_HOST,
    errorHandler(error) {
      if (error instanceof RequestError) return refusalResponse(urlFailure(error));
      context.logger.error({ err: error }, "A request failed outside of every route");
      return refusalResponse(toAppError(error));
    },
  });
  openFrontDoor(server, listener, context, vendorRefusalOf(context));
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => reject(refusal(error, host, port));
    server.once("error", refuse);
    server.listen(port, host, () => {
      server.off("error", refuse);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: (drainMs) => drain(server, drainMs),
  };
}

function refusal(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const cause = { cause: error };
  if (error.code === "EADDRINUSE") {
    return new ConfigError(`Expected a free port for PORT but received ${port}: it is taken on ${host}`, cause);
  }
  if (error.code === "EACCES") {
    const message = `Expected a port that this account may listen on for PORT but received ${port}: permission denied`;
    return new ConfigError(message, cause);
  }
  return new ConfigError(`Expected an address of this machine for HOST but received ${host}: ${error.message}`, cause);
}

async function drain(server: Server, drainMs: number): Promise<void> {
  // A client that keeps its connection would go on sending requests over it.
  server.prependListener("request", (_, response) => response.setHeader("Connection", "close"));
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection kept alive counts as open until its client lets go; without a request it can go now, and those with one
  // go as soon as they are answered.
  server.closeIdleConnections();
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
