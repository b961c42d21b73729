import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as after } from "node:timers/promises";
import { findLastingPort } from "./lasting-port.ts";

export const PROSODY = "/usr/bin/prosody";
const PROSODYCTL = "/usr/bin/prosodyctl";
const STOPS_WITHIN_MS = 5000;

/** Debian's XMPP server on the loopback, with a folder of its own. */
export interface Prosody {
  /** `xmpp://127.0.0.1:<port>`, where clients connect without TLS. */
  readonly service: string;
  readonly clientPort: number;
  /** Where external components connect (XEP-0114). */
  readonly componentPort: number;
  /** Registers an account of the host with passwords. */
  register(username: string, password: string): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it for good and removes its folder. */
  remove(): Promise<void>;
}

/** The host whose accounts have passwords: it makes vCards of user avatars, as Debian's configuration has it. */
export const GUARDED_HOST = "localhost";
/** Lets everybody in under any name, and makes vCards of user avatars and the other way about. */
export const OPEN_HOST = "open.localhost";
/** Lets everybody in too, and keeps vCards and user avatars apart. */
export const PLAIN_HOST = "plain.localhost";
export const ROOMS_HOST = "rooms.localhost";
/** An external component: whoever has the secret says what the accounts there answer. */
export const FOREIGN_HOST = "foreign.localhost";
export const FOREIGN_SECRET = "secret-of-the-component";

// Fewer rounds of hashing than by default: the client takes seconds for 10,000 on a busy machine.
const HOSTS = `
VirtualHost "${GUARDED_HOST}"
  authentication = "internal_hashed"
  default_iteration_count = 1000
  modules_enabled = { "vcard4", "vcard_legacy", "smacks" }
VirtualHost "${OPEN_HOST}"
  authentication = "insecure"
  insecure_open_authentication = "Yes please, I know what I'm doing!"
  modules_enabled = { "vcard4", "vcard_legacy" }
VirtualHost "${PLAIN_HOST}"
  authentication = "insecure"
  insecure_open_authentication = "Yes please, I know what I'm doing!"
  modules_enabled = { "vcard" }
Component "${ROOMS_HOST}" "muc"
Component "${FOREIGN_HOST}"
  component_secret = "${FOREIGN_SECRET}"
`;

/** Starts a server on free ports. */
export async function startProsody(): Promise<Prosody> {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-prosody-"));
  const configFile = join(folder, "prosody.cfg.lua");
  const clientPort = await findLastingPort();
  const componentPort = await findLastingPort();
  await writeFile(configFile, `${globalSettings(folder, clientPort, componentPort)}${HOSTS}`);
  let running: RunningServer | null = null;
  const prosody: Prosody = {
    service: `xmpp://127.0.0.1:${clientPort}`,
    clientPort,
    componentPort,
    async register(username, password) {
      await run(PROSODYCTL, ["--config", configFile, "register", username, GUARDED_HOST, password]);
    },
    async start() {
      running ??= await startServer(configFile);
    },
    async stop() {
      await running?.stop();
      running = null;
    },
    async remove() {
      await prosody.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await prosody.start();
  } catch (error) {
    await prosody.remove();
    throw error;
  }
  return prosody;
}

/** Runs as whoever runs the tests, also as root. */
function globalSettings(folder: string, clientPort: number, componentPort: number): string {
  const folderText = JSON.stringify(folder);
  return `
run_as_root = true
data_path = ${folderText}
pidfile = ${JSON.stringify(join(folder, "prosody.pid"))}
certificates = ${folderText}
component_stanza_size_limit = 1024 * 1024
interfaces = { "127.0.0.1" }
component_interfaces = { "127.0.0.1" }
c2s_ports = { ${clientPort} }
component_ports = { ${componentPort} }
modules_enabled = { "saslauth", "disco", "roster", "pep" }
modules_disabled = { "s2s" }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
log = { info = "*console" }
`;
}

interface RunningServer {
  stop(): Promise<void>;
}

async function startServer(configFile: string): Promise<RunningServer> {
  const child = spawn(PROSODY, ["--config", configFile, "-F"], { stdio: ["ignore", "pipe", "pipe"] });
  // Nothing may outlive the tests, however they end.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await listening(child, ["c2s", "component"]).catch((error) => {
    kill();
    throw error;
  });
  return {
    async stop() {
      child.kill("SIGTERM");
      const late = new AbortController();
      const patience = after(STOPS_WITHIN_MS, undefined, { signal: late.signal }).then(kill, () => {});
      await exited;
      late.abort();
      await patience;
      process.off("exit", kill);
    },
  };
}

/** Resolves once the server's log tells that these services listen; rejects with the log where one can't, or it ends. */
async function listening(child: ChildProcessByStdio<null, Readable, Readable>, services: string[]): Promise<void> {
  let logged = "";
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`Prosody ended with ${code}: ${logged}`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        logged += text;
        if (services.every((name) => logged.includes(`Activated service '${name}' on [127.0.0.1]`))) resolve();
        if (/Failed to open server port/.test(logged)) reject(new Error(`Prosody could not listen: ${logged}`));
      });
    }
  });
}

async function run(program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`Expected ${program} to succeed but it printed: ${output}`);
}
