import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import pg from "pg";
import {
  createBackendReader,
  createFrontendReader,
  errorResponse,
  type FrontendUnit,
  readyForQuery,
  type ServerError,
} from "./postgres-wire.ts";

/** A statement is refused, and its connection goes on. */
const REFUSALS = {
  statement_timeout: ["57014", "canceling statement due to statement timeout"],
  deadlock: ["40P01", "deadlock detected"],
  serialization: ["40001", "could not serialize access due to concurrent update"],
  disk_full: ["53100", 'could not extend file "base/16384/2619": No space left on device'],
  read_only: ["25006", "cannot execute INSERT in a read-only transaction"],
} as const;

/** Every connection ends, and the server refuses new ones at their start. */
const LOCKED_OUT = {
  exhausted: ["53300", "sorry, too many clients already"],
  wrong_password: ["28P01", 'password authentication failed for user "lookalike"'],
} as const;

/** What may happen to a statement. `lost_*`: the server has run it, and its answer doesn't arrive. */
export const FAULTS = [
  "refused",
  "reset",
  "hang",
  "terminated",
  "exhausted",
  "statement_timeout",
  "deadlock",
  "serialization",
  "disk_full",
  "read_only",
  "wrong_password",
  "slow",
  "server_hang",
  "lost_reset",
  "lost_hang",
  "lost_terminated",
] as const;

export type Fault = (typeof FAULTS)[number];

/** Whether the statement was run although its caller can't know it. */
export const isOutcomeLost = (fault: Fault): boolean => fault.startsWith("lost_");

const TERMINATED: ServerError = {
  severity: "FATAL",
  code: "57P01",
  message: "terminating connection due to administrator command",
};

/** A PostgreSQL between the service and the real one, that fails on demand. */
export interface FaultyPostgres {
  /** As DATABASE_URL takes it. */
  readonly url: string;
  /** The `nth` statement from now on, counted over all connections, meets the fault; 1 is the next one. */
  arm(fault: Fault, nth: number): void;
  /** Every statement and every new connection meets the fault until `heal`. */
  breakDown(fault: Fault): void;
  /** Ends every fault; what hangs by then goes on hanging, as it does behind a network that has lost it. */
  heal(): void;
  /** When the armed fault was met, ms of `performance.now()`; null where it wasn't. */
  metAt(): number | null;
  /** Statements counted since it was armed. */
  statements(): number;
  close(): Promise<void>;
}

export interface FaultyPostgresOptions {
  /** Whose statements count, and meet faults. Default: all but housekeeping's and memory's. */
  readonly counts?: (applicationName: string) => boolean;
  /** Ms that a slow answer takes. */
  readonly slowMs?: number;
}

/** Statements of `db.pool` that no request waits for. */
const BESIDE_REQUESTS = ["add_hash_look_ups", "read_news"];
const SERVICE = "lookalike";

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  applicationName: string;
  /** Nothing goes through any more. */
  dead: boolean;
  state: string;
  /** Runs in place of the answer that is under way. */
  loseAnswer: ((link: Link) => void) | null;
}

export async function startFaultyPostgres(
  url: string,
  { counts = (name) => name === SERVICE, slowMs = 5_000 }: FaultyPostgresOptions = {},
): Promise<FaultyPostgres> {
  const target = new pg.Client({ connectionString: url });
  const links = new Set<Link>();
  let armed: { readonly fault: Fault; left: number } | null = null;
  let broken: Fault | null = null;
  let metAt: number | null = null;
  let statements = 0;

  const listener: Server = createServer(accept);
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;

  function accept(client: Socket): void {
    const server = target.host.startsWith("/")
      ? connect(`${target.host}/.s.PGSQL.${target.port}`)
      : connect(target.port, target.host);
    const link: Link = { client, server, applicationName: "", dead: false, state: "I", loseAnswer: null };
    links.add(link);
    const readUnits = createFrontendReader();
    const readAnswer = createBackendReader();
    client.on("data", (chunk) => {
      for (const unit of readUnits(chunk)) if (!link.dead) take(link, unit);
    });
    server.on("data", (chunk) => {
      const { ready } = readAnswer(chunk);
      if (ready !== null) link.state = ready;
      if (link.loseAnswer === null) {
        if (!link.dead) client.write(chunk);
      } else if (ready !== null) {
        link.loseAnswer(link);
        link.loseAnswer = null;
      }
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on("error", () => {});
      one.on("close", () => {
        links.delete(link);
        if (one === client || !link.dead) other.destroy();
      });
    }
  }

  function take(link: Link, unit: FrontendUnit): void {
    if (unit.kind === "ssl") {
      link.client.write("N");
      return;
    }
    if (unit.kind === "startup") link.applicationName = unit.applicationName;
    if (unit.kind === "startup" && broken !== null && counts(link.applicationName)) {
      refuseStart(link, unit, broken);
      return;
    }
    const isCounted = unit.kind === "statement" && counts(link.applicationName) && !BESIDE_REQUESTS.includes(unit.name);
    const fault = isCounted ? nextFault() : null;
    if (fault === null) link.server.write(unit.bytes);
    else fail(link, unit, fault);
  }

  function nextFault(): Fault | null {
    statements += 1;
    if (armed !== null) {
      armed.left -= 1;
      if (armed.left === 0) {
        metAt = performance.now();
        const { fault } = armed;
        armed = null;
        return fault;
      }
    }
    return broken;
  }

  /** What a new connection meets while the server is out of order; where it is nothing, its statements do. */
  function refuseStart(link: Link, unit: FrontendUnit, fault: Fault): void {
    if (fault === "exhausted" || fault === "wrong_password") {
      const [code, message] = LOCKED_OUT[fault];
      end(link, { severity: "FATAL", code, message });
    } else if (fault.endsWith("terminated")) end(link, TERMINATED);
    else if (fault.endsWith("reset")) reset(link);
    else if (fault.endsWith("hang")) kill(link);
    else link.server.write(unit.bytes);
  }

  /** What happens to every connection of the service at once, and lasts until `heal`. */
  function breakAll(fault: Fault, how: (link: Link) => void): void {
    broken = fault;
    if (fault === "refused" && listener.listening) listener.close();
    for (const link of links) if (counts(link.applicationName)) how(link);
  }

  const acts: Record<Exclude<Fault, keyof typeof REFUSALS>, (link: Link, unit: FrontendUnit) => void> = {
    refused: () => breakAll("refused", cut),
    exhausted: () => breakAll("exhausted", (link) => end(link, TERMINATED)),
    wrong_password: () => breakAll("wrong_password", (link) => end(link, TERMINATED)),
    server_hang: () => breakAll("server_hang", kill),
    hang: kill,
    reset,
    terminated: (link) => end(link, TERMINATED),
    slow(link, unit) {
      setTimeout(() => link.server.writable && link.server.write(unit.bytes), slowMs).unref();
    },
    lost_hang: (link, unit) => lose(link, unit, kill),
    lost_reset: (link, unit) => lose(link, unit, reset),
    lost_terminated: (link, unit) => lose(link, unit, (each) => end(each, TERMINATED)),
  };

  function fail(link: Link, unit: FrontendUnit, fault: Fault): void {
    if (!(fault in REFUSALS)) {
      acts[fault as keyof typeof acts](link, unit);
      return;
    }
    const [code, message] = REFUSALS[fault as keyof typeof REFUSALS];
    link.client.write(errorResponse({ severity: "ERROR", code, message }));
    link.client.write(readyForQuery(link.state === "I" ? "I" : "E"));
  }

  return {
    url: urlThrough(target, port),
    arm(fault, nth) {
      armed = { fault, left: nth };
      metAt = null;
      statements = 0;
    },
    breakDown(fault) {
      broken = fault;
      if (fault === "refused") breakAll(fault, cut);
      else if (fault in LOCKED_OUT) breakAll(fault, (link) => end(link, TERMINATED));
      else if (fault === "server_hang") breakAll(fault, kill);
    },
    heal() {
      armed = null;
      broken = null;
      if (!listener.listening) listener.listen(port, "127.0.0.1");
    },
    metAt: () => metAt,
    statements: () => statements,
    async close() {
      for (const link of links) cut(link);
      if (listener.listening) await new Promise((resolve) => listener.close(resolve));
    },
  };
}

/** Nothing more arrives on either side, and neither is told. */
function kill(link: Link): void {
  link.dead = true;
}

function cut(link: Link): void {
  link.dead = true;
  link.client.destroy();
  link.server.destroy();
}

function reset(link: Link): void {
  link.dead = true;
  link.client.resetAndDestroy();
  link.server.destroy();
}

function end(link: Link, error: ServerError): void {
  link.dead = true;
  link.client.end(errorResponse(error));
  link.server.destroy();
}

function lose(link: Link, unit: FrontendUnit, then: (link: Link) => void): void {
  link.loseAnswer = then;
  link.server.write(unit.bytes);
}

function urlThrough({ user, password, database }: pg.Client, port: number): string {
  const url = new URL(`postgresql://127.0.0.1:${port}/${encodeURIComponent(database ?? "")}`);
  url.username = encodeURIComponent(user ?? "");
  if (typeof password === "string") url.password = encodeURIComponent(password);
  return url.href;
}
