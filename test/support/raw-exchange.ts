import { connect, type Socket } from "node:net";

/** One answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/**
 * Sends bytes as they are over a connection of their own and gives the answers to them, one where not told otherwise; fewer
 * where the service closes the connection before. Interim answers (1xx) don't count and are left out.
 */
export async function exchange(port: number, bytes: string | Buffer, answers = 1): Promise<WireAnswer[]> {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes);
  const received = await readAnswers(socket, answers);
  socket.destroy();
  return received;
}

/** Reads so many answers from a connection, or those that came until it ended. Without an answer body but for HEAD. */
export function readAnswers(socket: Socket, answers: number): Promise<WireAnswer[]> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const done = () => resolve(splitAnswers(Buffer.concat(parts)));
    socket.on("error", () => {});
    socket.once("close", done);
    socket.on("data", (part: Buffer) => {
      parts.push(part);
      if (splitAnswers(Buffer.concat(parts)).length >= answers) done();
    });
  });
}

function splitAnswers(received: Buffer): WireAnswer[] {
  const answers: WireAnswer[] = [];
  for (let at = 0; ; ) {
    const headEnd = received.indexOf("\r\n\r\n", at);
    if (headEnd === -1) return answers;
    const [first = "", ...lines] = received.toString("latin1", at, headEnd).split("\r\n");
    const status = Number(first.split(" ")[1]);
    const headers = new Headers(
      lines.map((line): [string, string] => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }),
    );
    const length = Number(headers.get("content-length") ?? 0);
    const bodyEnd = headEnd + 4 + length;
    if (received.length < bodyEnd) return answers;
    if (status >= 200) answers.push({ status, headers, body: received.toString("utf8", headEnd + 4, bodyEnd) });
    at = bodyEnd;
  }
}
