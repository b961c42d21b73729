import type { IncomingMessage } from "node:http";
import { allowanceAddress, clientAddress, type ProxyTrust } from "./client-address.ts";

const MOST_KNOWN = 10_000;
/** Characters of what an address is read from; headers may be far longer. */
const LONGEST_KNOWN = 100;

/** Gives what a caller's allowance and wrong credentials are counted by, such as `192.0.2.7` or `2001:db8:1:2::/64`. */
export type CallerAddress = (incoming: Pick<IncomingMessage, "socket" | "headers">) => string;

/** Remembers what it read: parsing an address costs more than the rest of a look-up's authentication. */
export function createCallerAddress(trust: ProxyTrust): CallerAddress {
  const known = new Map<string, string>();
  return (incoming) => {
    const forwarded = trust.kind === "none" ? "" : String(incoming.headers["x-forwarded-for"] ?? "");
    const source = `${incoming.socket.remoteAddress ?? ""} ${forwarded}`;
    const found = known.get(source);
    if (found !== undefined) return found;
    const address = allowanceAddress(clientAddress(incoming, trust));
    if (known.size >= MOST_KNOWN) known.clear();
    if (source.length <= LONGEST_KNOWN) known.set(source, address);
    return address;
  };
}
