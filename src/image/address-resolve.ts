import { lookup, Resolver } from "node:dns/promises";

/** Every numeric address of a host name; rejects where there is none. It stops when the signal aborts. */
export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

const QUERY_TIMEOUT_MS = 2000;
const QUERY_TRIES = 2;

/**
 * The A and AAAA records of a name, by DNS alone: no hosts file and no search domains, so a public-looking name can't
 * become an inside one. It is asked without the thread pool, where a stranger's slow name server would hold up every
 * other look-up of the process. `servers` (address:port) stand in for the system's.
 *
 * @throws Node's DNS error where neither kind of record exists or the signal aborts
 */
export async function resolveByDns(
  name: string,
  signal: AbortSignal,
  servers?: readonly string[],
): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  const cancel = () => resolver.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const addresses = [ipv4, ipv6].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    if (addresses.length === 0 && ipv4.status === "rejected") throw ipv4.reason;
    return addresses;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** The addresses the operating system gives a name, its hosts file included; only for networks that are trusted. */
export async function resolveBySystem(name: string): Promise<readonly string[]> {
  const answers = await lookup(name, { all: true });
  return answers.map((answer) => answer.address);
}
