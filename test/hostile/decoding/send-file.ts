import { Agent, request } from "node:http";
import { assertCleanError } from "../../support/clean-error.ts";
import { httpAnswer, type ImageOrigin, startImageOrigin } from "../../support/image-origin.ts";
import type { HostileFile } from "./hostile-file.ts";

/** Longest that any answer may take. */
export const MAX_ANSWER_MS = 10_000;

const TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "application/octet-stream"];
const BOUNDARY = "----between-the-parts";

export const WAYS = ["raw", "multipart", "url"] as const;
export type Way = (typeof WAYS)[number];

export interface Outcome {
  /** `200`, or the status and the problem's code. */
  readonly outcome: string;
  readonly ms: number;
  /** What no answer may be; null where all is well. */
  readonly violation: string | null;
  /** The answer. */
  readonly body: string;
}

/** Sends files to a service, over connections that it keeps. */
export interface Sender {
  /** @param type content type sent along; any, since it must not matter */
  send(file: HostileFile, way: Way, options?: { readonly type?: string; readonly query?: string }): Promise<Outcome>;
  close(): Promise<void>;
}

export async function createSender(url: string, adminKey: string): Promise<Sender> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const served = new Map<string, Buffer>();
  const origin: ImageOrigin = await startImageOrigin((path, socket) => {
    socket.end(httpAnswer(200, ["Content-Type: image/jpeg", "Connection: close"], served.get(path) ?? ""));
  });
  let number = 0;

  async function exchange(type: string, body: Buffer, query: string): Promise<Outcome> {
    const startMs = performance.now();
    try {
      const { status, headers, text } = await post(`${url}/v1/images/check${query}`, agent, adminKey, type, body);
      const ms = performance.now() - startMs;
      return { ...judge(status, headers, text, ms), ms, body: text };
    } catch (error) {
      const ms = performance.now() - startMs;
      return { outcome: "no answer", violation: `no answer: ${error}`, ms, body: "" };
    }
  }

  return {
    async send({ bytes }, way, { type, query = "" } = {}) {
      number += 1;
      const claimed = type ?? TYPES[number % TYPES.length] ?? "";
      if (way === "raw") return exchange(claimed, bytes, query);
      if (way === "multipart")
        return exchange(`multipart/form-data; boundary=${BOUNDARY}`, form(claimed, bytes), query);
      const path = `/${number}.jpg`;
      served.set(path, bytes);
      const link = JSON.stringify({ url: `http://127.0.0.1:${origin.port}${path}` });
      const outcome = await exchange("application/json", Buffer.from(link), query);
      served.delete(path);
      return outcome;
    },
    async close() {
      agent.destroy();
      await origin.close();
    },
  };
}

function form(type: string, bytes: Buffer): Buffer {
  const disposition = 'Content-Disposition: form-data; name="image"; filename="../../etc/photo.jpg"';
  const head = `--${BOUNDARY}\r\n${disposition}\r\nContent-Type: ${type}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
}

/** Every answer is 200, or a 4xx problem document that tells nothing from inside, within 10 s. */
function judge(status: number, headers: Headers, text: string, ms: number): Pick<Outcome, "outcome" | "violation"> {
  const slow = ms > MAX_ANSWER_MS ? `${Math.round(ms)} ms` : null;
  if (status === 200) return { outcome: "200", violation: slow };
  try {
    assertCleanError({ status, headers }, text);
  } catch (error) {
    return { outcome: String(status), violation: `not a clean problem: ${(error as Error).message}` };
  }
  const { code } = JSON.parse(text) as { code: string };
  const refused = status >= 400 && status < 500 ? null : `answered ${status} ${code}`;
  return { outcome: `${status} ${code}`, violation: refused ?? slow };
}

interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

function post(url: string, agent: Agent, key: string, type: string, body: Buffer): Promise<Received> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": type, "content-length": body.length };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("error", reject);
      response.on("end", () => {
        const received = new Headers();
        for (const [name, value] of Object.entries(response.headers)) received.set(name, String(value));
        resolve({ status: response.statusCode ?? 0, headers: received, text });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
