import { createHash, randomBytes } from "node:crypto";
import { rawRequest } from "./raw-connection.ts";

/** What is asked for while things crash; `check once` is a check without a key that is repeated until it is answered. */
export type CrashKind =
  | "check new"
  | "check again"
  | "check by address"
  | "check once"
  | "ban"
  | "ban by hash"
  | "lift"
  | "change list"
  | "make key"
  | "change key";

/** One request, and what its sender knows of it. */
export interface Sent {
  readonly kind: CrashKind;
  /** Found again in what the request stores: a name, a note, an address. */
  readonly mark: string;
  readonly request: Buffer;
  /**
   * `open`: sent and not answered, or answered that the service is in trouble: it may have been done. `refused`: it was
   * answered that it was not done, or no service was there to take it.
   */
  state: "open" | "acknowledged" | "refused";
  /** How often it was sent; more than once only where it is repeated until it is answered. */
  attempts: number;
  /** Of the answer, once it is acknowledged. */
  body: string;
}

/** What the requests are about. */
export interface CrashTargets {
  readonly adminKey: string;
  /** API keys with a quota of their own: secret by id. */
  readonly keys: ReadonlyMap<string, string>;
  /** A key to change. */
  readonly changedKeyId: string;
  readonly list: string;
  /** Pictures with detail, known to the service. */
  readonly pictures: readonly Buffer[];
}

const WEIGHTS: readonly (readonly [CrashKind, number])[] = [
  ["check new", 8],
  ["check again", 4],
  ["check by address", 6],
  ["check once", 4],
  ["ban", 2],
  ["ban by hash", 4],
  ["lift", 2],
  ["change list", 1],
  ["make key", 1],
  ["change key", 1],
];
const DECK = WEIGHTS.flatMap(([kind, weight]) => Array<CrashKind>(weight).fill(kind));
const ADDRESSES = 6;

/** Draws the next request; `entries` are ids of entries that may be lifted, each of them once. */
export function drawRequest(targets: CrashTargets, index: number, random: () => number, entries: string[]): Sent {
  const drawn = DECK[Math.floor(random() * DECK.length)] as CrashKind;
  const kind = drawn === "lift" && entries.length === 0 ? "ban by hash" : drawn;
  const mark = `${kind} ${index}`;
  const admin = { Authorization: `Bearer ${targets.adminKey}` };
  const json = { ...admin, "Content-Type": "application/json" };
  const sent = (request: Buffer, as = mark): Sent => ({
    kind,
    mark: as,
    request,
    state: "open",
    attempts: 0,
    body: "",
  });
  const send = (method: string, path: string, body: object) =>
    sent(rawRequest(method, path, json, Buffer.from(JSON.stringify(body))));
  const picture = targets.pictures[index % targets.pictures.length] as Buffer;
  // Bytes behind the end of a PNG change its digests and nothing else.
  const own = Buffer.concat([picture, Buffer.from(`#${mark}`)]);
  const check = (headers: Record<string, string>, body: Buffer) =>
    rawRequest("POST", "/v1/images/check?classify=never", { ...headers, "Content-Type": "image/png" }, body);
  switch (kind) {
    case "check new":
    case "check again": {
      const ids = [...targets.keys.keys()];
      const id = ids[index % ids.length] ?? "";
      const bearer = { Authorization: `Bearer ${targets.keys.get(id)}` };
      return sent(check(bearer, kind === "check new" ? own : picture), id);
    }
    case "check by address": {
      const network = `2001:db8:1:${(index % ADDRESSES) + 1}::`;
      return sent(check({ "X-Forwarded-For": `${network}1` }, picture), `${network}/64`);
    }
    case "check once": {
      // An address of its own: what it is charged is what this request was charged.
      const network = `2001:db8:${(index >> 15) + 2}:${((index & 0x7fff) + 1).toString(16)}::`;
      return sent(check({ "X-Forwarded-For": `${network}1`, "Idempotency-Key": mark }, picture), `${network}/64`);
    }
    case "ban": {
      const path = `/v1/lists/${targets.list}/entries?custom_id=${encodeURIComponent(mark)}`;
      return sent(rawRequest("POST", path, { ...admin, "Content-Type": "image/png" }, own));
    }
    case "ban by hash": {
      const sha256 = createHash("sha256").update(randomBytes(16)).digest("hex");
      return send("POST", `/v1/lists/${targets.list}/entries`, { hashes: { sha256 }, custom_id: mark });
    }
    case "lift": {
      const entry = entries.shift() ?? "";
      return sent(rawRequest("DELETE", `/v1/lists/${targets.list}/entries/${entry}`, admin), entry);
    }
    case "change list":
      return send("PATCH", `/v1/lists/${targets.list}`, { description: mark });
    case "make key":
      return send("POST", "/v1/keys", { name: mark, scopes: ["check"] });
    case "change key":
      return send("PATCH", `/v1/keys/${targets.changedKeyId}`, { name: mark });
  }
}
