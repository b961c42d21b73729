/** What a client of PostgreSQL says at one time: its start, or the messages up to the point where it waits for an answer. */
export type FrontendUnit =
  | { readonly kind: "ssl" | "cancel"; readonly bytes: Buffer }
  | { readonly kind: "startup"; readonly bytes: Buffer; readonly applicationName: string }
  /** `name` of the prepared statement, or the text of a simple query; empty where it has neither. */
  | { readonly kind: "statement"; readonly bytes: Buffer; readonly name: string }
  | { readonly kind: "goodbye"; readonly bytes: Buffer };

const SSL_REQUEST = 80877103;
const CANCEL_REQUEST = 80877102;

/** Cuts a client's bytes into units (PostgreSQL's manual, chapter "Frontend/Backend Protocol"); keeps what is incomplete. */
export function createFrontendReader(): (chunk: Buffer) => FrontendUnit[] {
  let rest = Buffer.alloc(0);
  let started = false;
  let statement: Buffer[] = [];
  let name = "";

  function takeStart(): FrontendUnit | null {
    if (rest.length < 8 || rest.length < rest.readInt32BE(0)) return null;
    const bytes = rest.subarray(0, rest.readInt32BE(0));
    rest = rest.subarray(bytes.length);
    const code = bytes.readInt32BE(4);
    if (code === SSL_REQUEST) return { kind: "ssl", bytes };
    if (code === CANCEL_REQUEST) return { kind: "cancel", bytes };
    started = true;
    const words = bytes.toString("utf8", 8).split("\0");
    const at = words.indexOf("application_name");
    return { kind: "startup", bytes, applicationName: at === -1 ? "" : (words[at + 1] ?? "") };
  }

  /** The next whole message; a statement is complete with Query or Sync. */
  function takeMessage(): FrontendUnit | "more" | null {
    if (rest.length < 5 || rest.length < 1 + rest.readInt32BE(1)) return null;
    const message = rest.subarray(0, 1 + rest.readInt32BE(1));
    rest = rest.subarray(message.length);
    const type = String.fromCharCode(message[0] ?? 0);
    if (type === "X") return { kind: "goodbye", bytes: message };
    statement.push(message);
    const strings = message.toString("utf8", 5).split("\0", 2);
    if (type === "Q" || type === "P") name = strings[0] || (strings[1] ?? "");
    if (type === "B" && strings[1] !== "") name = strings[1] ?? "";
    if (type !== "Q" && type !== "S" && type !== "p") return "more";
    const unit = {
      kind: "statement" as const,
      bytes: Buffer.concat(statement),
      name: type === "p" ? "password" : name,
    };
    statement = [];
    name = "";
    return unit;
  }

  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const units: FrontendUnit[] = [];
    for (;;) {
      const unit = started ? takeMessage() : takeStart();
      if (unit === null) return units;
      if (unit !== "more") units.push(unit);
    }
  };
}

/** Where an answer of the server ends: ReadyForQuery, with the state of the transaction (`I`, `T` or `E`). */
export function createBackendReader(): (chunk: Buffer) => { readonly ready: string | null } {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    let ready: string | null = null;
    while (rest.length >= 5 && rest.length >= 1 + rest.readInt32BE(1)) {
      const end = 1 + rest.readInt32BE(1);
      if (rest[0] === "Z".charCodeAt(0)) ready = String.fromCharCode(rest[5] ?? 0);
      rest = rest.subarray(end);
    }
    return { ready };
  };
}

export interface ServerError {
  readonly severity: "ERROR" | "FATAL";
  /** SQLSTATE, appendix A of PostgreSQL's manual. */
  readonly code: string;
  readonly message: string;
}

export function errorResponse({ severity, code, message }: ServerError): Buffer {
  const fields = `S${severity}\0V${severity}\0C${code}\0M${message}\0\0`;
  return messageOf("E", Buffer.from(fields));
}

export function readyForQuery(state: string): Buffer {
  return messageOf("Z", Buffer.from(state));
}

function messageOf(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}
