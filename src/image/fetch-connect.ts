import { once } from "node:events";
import { connect, isIP, isIPv6, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { ignoreLateError, urlUnreachable } from "./fetch-errors.ts";

/** Starts a connection to a numeric address. */
export type Dial = (address: string, port: number) => Socket;

/** Addresses tried for each family, so that a name with hundreds of records can't make us knock on all of them. */
const ATTEMPTS_PER_FAMILY = 2;
/** Time an address has to answer while another is left to try. */
const ATTEMPT_MS = 1500;

/** Both families in turn, IPv4 first, in the resolver's order within each. */
function dialOrder(addresses: readonly string[]): readonly string[] {
  const ipv6 = addresses.filter((address) => isIPv6(address)).slice(0, ATTEMPTS_PER_FAMILY);
  const ipv4 = addresses.filter((address) => !isIPv6(address)).slice(0, ATTEMPTS_PER_FAMILY);
  return Array.from({ length: ATTEMPTS_PER_FAMILY }, (_, i) => [
    ...ipv4.slice(i, i + 1),
    ...ipv6.slice(i, i + 1),
  ]).flat();
}

/** The real {@link Dial}. The address is numeric, so no name is looked up again. */
export function dialAddress(address: string, port: number): Socket {
  return connect({ host: address, port });
}

/**
 * A connected socket to the first of the numeric addresses that answers.
 *
 * @throws AppError url_unreachable, the last attempt's error as its cause; AbortError once the signal aborts. No socket
 * stays open then.
 */
export async function connectToFirst(
  addresses: readonly string[],
  port: number,
  dial: Dial,
  signal: AbortSignal,
): Promise<Socket> {
  const order = dialOrder(addresses);
  let failure: unknown;
  for (const [i, address] of order.entries()) {
    signal.throwIfAborted();
    const socket = dial(address, port);
    socket.on("error", ignoreLateError);
    const isLast = i === order.length - 1;
    const timer = isLast ? undefined : setTimeout(() => socket.destroy(new Error("no answer")), ATTEMPT_MS);
    try {
      await once(socket, "connect", { signal });
      return socket;
    } catch (error) {
      socket.destroy();
      if (signal.aborted) throw error;
      failure = error;
    } finally {
      clearTimeout(timer);
    }
  }
  throw urlUnreachable("its server could not be reached", failure);
}

/**
 * TLS over a connected socket, the certificate checked against `host`, the name (or address) of the URL, never against
 * the address that was dialled.
 *
 * @throws the TLS error, or AbortError once the signal aborts
 */
export async function secureSocket(socket: Socket, host: string, signal: AbortSignal): Promise<TLSSocket> {
  const secured = connectTls({
    socket,
    host,
    servername: isIP(host) === 0 ? host : "",
    rejectUnauthorized: true,
    ALPNProtocols: ["http/1.1"],
  });
  secured.on("error", ignoreLateError);
  await once(secured, "secureConnect", { signal });
  return secured;
}
