import { connect, type Socket } from "node:net";

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A kept-alive connection to a service that can keep a request's last byte back. Opens anew where it was closed. */
export interface RawConnection {
  /** Sends all of a request but its last byte; resolves once the system has taken it. */
  begin(request: Buffer): Promise<void>;
  /** Sends the last byte and gives the answer. Rejects where the connection ends without one. */
  finish(): Promise<RawAnswer>;
  close(): void;
}

/** One HTTP/1.1 request as bytes; `body` goes with its length. */
export function rawRequest(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array = Buffer.alloc(0),
): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines.join("")}Content-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** A service closes what is idle for 5 s or more; what is about to be closed must not be sent to. */
const IDLE_MS = 2_000;

export function openRawConnection(port: number): RawConnection {
  let socket: Socket | null = null;
  let usedAt = 0;
  let last: Buffer = Buffer.alloc(0);
  let answered: Promise<RawAnswer> | null = null;

  async function open(): Promise<Socket> {
    const fresh = performance.now() - usedAt < IDLE_MS;
    if (socket !== null && !socket.destroyed && socket.writable && fresh) return socket;
    socket?.destroy();
    const opened = connect(port, "127.0.0.1").setNoDelay(true);
    await new Promise<void>((resolve, reject) => {
      opened.once("connect", resolve);
      opened.once("error", reject);
    });
    // Whoever waits for an answer hears of it by the close that follows.
    opened.on("error", () => {});
    socket = opened;
    return opened;
  }

  return {
    async begin(request) {
      const opened = await open();
      answered = readAnswer(opened);
      // The answer may be an early refusal, or fail, before anybody asks for it.
      answered.catch(() => {});
      last = request.subarray(-1);
      await new Promise<void>((resolve) => opened.write(request.subarray(0, -1), () => resolve()));
    },
    async finish() {
      if (socket === null || answered === null) throw new Error("Expected begin before finish");
      if (socket.writable) socket.write(last);
      try {
        return await answered;
      } finally {
        usedAt = performance.now();
      }
    },
    close() {
      socket?.destroy();
    },
  };
}

/** Sends requests together: no last byte leaves before all the rest is sent. Gives the answers in their order. */
export async function sendTogether(
  sendings: readonly { readonly connection: RawConnection; readonly request: Buffer }[],
): Promise<PromiseSettledResult<RawAnswer>[]> {
  const begun = await Promise.allSettled(sendings.map(({ connection, request }) => connection.begin(request)));
  return await Promise.allSettled(
    sendings.map(async ({ connection }, index) => {
      const start = begun[index];
      if (start?.status === "rejected") throw start.reason;
      return await connection.finish();
    }),
  );
}

function readAnswer(socket: Socket): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    function settle(outcome: () => void): void {
      socket.off("data", onData);
      socket.off("close", onClose);
      outcome();
    }
    function onClose(): void {
      settle(() => reject(new Error("The connection ended without a whole answer")));
    }
    function onData(part: Buffer): void {
      received = Buffer.concat([received, part]);
      const answer = parseAnswer(received);
      if (answer === null) return;
      settle(() => resolve(answer));
      if (answer.headers.get("connection") === "close") socket.destroy();
    }
    socket.on("data", onData);
    socket.on("close", onClose);
  });
}

/** Null while the answer is not whole. */
function parseAnswer(received: Buffer): RawAnswer | null {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const [statusLine = "", ...lines] = received.toString("latin1", 0, headEnd).split("\r\n");
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  const status = Number(statusLine.split(" ")[1]);
  const rest = received.subarray(headEnd + 4);
  if (headers.get("transfer-encoding") === "chunked") {
    const body = joinChunks(rest);
    return body === null ? null : { status, headers, body };
  }
  const length = status === 204 ? 0 : Number(headers.get("content-length") ?? 0);
  return rest.length < length ? null : { status, headers, body: rest.toString("utf8", 0, length) };
}

/** The content of a chunked body (RFC 9112, 7.1); null while its last chunk is missing. */
function joinChunks(body: Buffer): string | null {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf("\r\n", at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(body.toString("latin1", at, lineEnd), 16);
    const start = lineEnd + 2;
    if (body.length < start + size + 2) return null;
    if (size === 0) return Buffer.concat(chunks).toString("utf8");
    chunks.push(body.subarray(start, start + size));
    at = start + size + 2;
  }
}
