import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { AppError } from "../errors.ts";
import type { AppContext } from "../services/context.ts";
import { createAdmission, hasBody, type Refused } from "./admission.ts";
import { makeBodyRoom } from "./body-budget.ts";
import { boundConnections } from "./connections.ts";
import { hostFailure, parseFailure } from "./malformed-request.ts";
import { readOnAfterAnswer } from "./read-on.ts";
import { refuse, refuseConnection, type VendorRefusal } from "./refusal.ts";
import { tellOverload } from "./tell-overload.ts";

const RETRY_AFTER = { retryAfterSeconds: 1 };

const BUSY = {
  requests: new AppError("overloaded", "Expected fewer requests at one time than there are now", RETRY_AFTER),
  bodies: new AppError("overloaded", "Expected fewer bytes in uploads at one time but received more", RETRY_AFTER),
  connections: new AppError("overloaded", "Expected fewer connections than there are now", RETRY_AFTER),
} as const;

/**
 * Lets a server's requests through to `listener` as long as there is room, and answers the others at once, before their
 * bodies are read and before they are routed or authenticated. Answers what is no request at all as well, in the service's
 * own words instead of Node's.
 */
export function openFrontDoor(
  server: Server,
  listener: RequestListener,
  context: AppContext,
  vendorRefusal: VendorRefusal,
): void {
  const { config, logger, metrics } = context;
  const { maxRequests, maxConnections } = config;
  const admission = createAdmission({ maxRequests, makeBodyRoom });
  const answers = new WeakMap<Socket, ServerResponse>();
  const refused = new WeakSet<Socket>();

  function note(reason: Refused | "connections"): void {
    metrics.overloadRefusals.inc({ reason });
    tellOverload(logger, BUSY[reason].message);
  }

  /**
   * False where the request was answered here.
   * @param announced whether the client waits to be told that it may send its body
   */
  function enter(incoming: IncomingMessage, outgoing: ServerResponse, announced = false): boolean {
    answers.set(incoming.socket, outgoing);
    if (hasBody(incoming)) readOnAfterAnswer(incoming, outgoing);
    const malformed = hostFailure(incoming);
    const reason = malformed === null ? admission.admit(incoming, outgoing) : null;
    if (reason !== null) note(reason);
    const error = malformed ?? (reason === null ? null : BUSY[reason]);
    if (error === null) return true;
    // Nobody knows where the next request on the connection would begin: refused, a client need not send its body.
    if (malformed !== null || announced) outgoing.setHeader("Connection", "close");
    refuse(incoming, outgoing, error, vendorRefusal);
    return false;
  }

  function onRequest(incoming: IncomingMessage, outgoing: ServerResponse): void {
    if (enter(incoming, outgoing)) void listener(incoming, outgoing);
  }

  metrics.countRequests(() => admission.underWay);
  server.on("request", onRequest);
  // Other expectations than this one need not be met (RFC 9110, section 10.1.1).
  server.on("checkExpectation", onRequest);
  server.on("checkContinue", (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (!enter(incoming, outgoing, true)) return;
    outgoing.writeContinue();
    void listener(incoming, outgoing);
  });
  server.on("connect", (_, socket: Socket) => {
    refuseConnection(socket, new AppError("request_malformed", "Expected a request to this service, not through it"));
  });
  server.on("clientError", (error: Error, socket: Socket) => {
    // Told once: what else the client sends on such a connection fails again.
    if (refused.has(socket)) return;
    refused.add(socket);
    const failure = parseFailure(error);
    const answer = answers.get(socket);
    // Also where the answer is out already, and these bytes are of the body that it didn't wait for.
    const isInAnswer = answer?.headersSent === true && !(answer.writableFinished && answer.req.complete);
    if (failure === null || isInAnswer) socket.destroy();
    else refuseConnection(socket, failure);
  });
  boundConnections(server, maxConnections, (socket) => {
    note("connections");
    refuseConnection(socket, BUSY.connections);
  });
}
