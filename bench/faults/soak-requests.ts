import { randomBytes, randomInt } from "node:crypto";
import { BENCH_KEY } from "../http/servers.ts";
import { picture } from "./load-requests.ts";

/** Sends one request of its kind, or some that belong together, and gives the statuses. */
export type SoakRequest = () => Promise<number[]>;

const AUTHORIZATION = { Authorization: `Bearer ${BENCH_KEY}` };
const JSON_HEADERS = { ...AUTHORIZATION, "Content-Type": "application/json" };
const IMAGE_HEADERS = { ...AUTHORIZATION, "Content-Type": "application/octet-stream" };
const KNOWN_IMAGES = 20;

/**
 * What a service meets on an ordinary and on a bad day, by name.
 * @param service its URL
 * @param origin URL of a server that answers any path with a picture
 */
export function soakRequests(service: string, origin: string): Readonly<Record<string, SoakRequest>> {
  const known = Array.from({ length: KNOWN_IMAGES }, () => picture(Math.random));
  const anyKnown = () => known[randomInt(known.length)] as Buffer;

  async function send(method: string, path: string, headers: Record<string, string>, body?: Buffer | object) {
    const sent = body === undefined ? null : Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body);
    const response = await fetch(service + path, { method, headers, body: sent });
    const text = await response.text();
    return { status: response.status, json: text.startsWith("{") ? (JSON.parse(text) as { id?: string }) : {} };
  }
  const status = async (...args: Parameters<typeof send>) => [(await send(...args)).status];
  const check = (body: Buffer) => status("POST", "/v1/images/check", IMAGE_HEADERS, body);

  return {
    "new image": () => check(picture(Math.random)),
    repeat: () => check(anyKnown()),
    "large upload": () => check(Buffer.concat([anyKnown(), randomBytes(5_000_000)])),
    "URL check": () => status("POST", "/v1/images/check", JSON_HEADERS, { url: `${origin}/${randomInt(1000)}` }),
    "hash look-up": () => status("GET", `/v1/hashes/sha1/${randomBytes(20).toString("hex")}`, AUTHORIZATION),
    "batch look-up": () => {
      const hashes = Array.from({ length: 100 }, () => ({ kind: "md5", value: randomBytes(16).toString("hex") }));
      return status("POST", "/v1/hashes/check", JSON_HEADERS, { hashes });
    },
    "ban and lift": async () => {
      const ban = await send("POST", "/v1/lists/soak/entries", IMAGE_HEADERS, picture(Math.random));
      const lift = await send("DELETE", `/v1/lists/soak/entries/${ban.json.id}`, AUTHORIZATION);
      return [ban.status, lift.status];
    },
    "key made and revoked": async () => {
      const made = await send("POST", "/v1/keys", JSON_HEADERS, { name: "soak" });
      const revoked = await send("DELETE", `/v1/keys/${made.json.id}`, AUTHORIZATION);
      return [made.status, revoked.status];
    },
    "idempotent image": async () => {
      const headers = { ...IMAGE_HEADERS, "Idempotency-Key": randomBytes(8).toString("hex") };
      const image = picture(Math.random);
      const answers = [1, 2].map(() => send("POST", "/v1/images/check", headers, image));
      return (await Promise.all(answers)).map((answer) => answer.status);
    },
    "wrong key": () => status("GET", "/v1/quota", { Authorization: "Bearer wrong" }),
    "bad JSON": () => status("POST", "/v1/hashes/check", JSON_HEADERS, Buffer.from('{"hashes":[')),
    "no route": () => status("GET", `/v1/${randomBytes(6).toString("hex")}`, AUTHORIZATION),
    "bytes of no image": () => check(randomBytes(randomInt(1, 100_000))),
    "cut image": () => check(anyKnown().subarray(0, randomInt(1, 4000))),
    "mutated image": () => {
      const bytes = Buffer.from(anyKnown());
      for (let change = 0; change < 8; change++) bytes[randomInt(bytes.length)] = randomInt(256);
      return check(bytes);
    },
    "broken connection": async () => {
      const abort = new AbortController();
      const body = new Uint8Array(randomBytes(2_000_000));
      const sent = fetch(`${service}/v1/images/check`, {
        method: "POST",
        headers: IMAGE_HEADERS,
        body,
        signal: abort.signal,
      });
      setTimeout(() => abort.abort(), randomInt(1, 20));
      return [await sent.then((response) => response.status).catch(() => 0)];
    },
  };
}
