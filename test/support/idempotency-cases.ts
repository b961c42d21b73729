import type { RawAnswer } from "./raw-connection.ts";
import { rawRequest } from "./raw-connection.ts";

/** What is asked for under an Idempotency-Key. */
export type IdempotencyKind = "check by key" | "check by address" | "ban" | "new key";

/** One Idempotency-Key, and what is sent with it. */
export interface IdempotencyCase {
  readonly kind: IdempotencyKind;
  /** What all duplicates are. */
  readonly request: Buffer;
  /** The same key of the same caller with another body. */
  readonly changed: Buffer;
  /** The same request and key of another caller. */
  readonly foreign: Buffer;
}

/** Two callers with every right, and where each is when it shows no key. */
export interface Callers {
  readonly keys: readonly [string, string];
  readonly addresses: readonly [string, string];
}

const MIX: readonly IdempotencyKind[] = [
  ...Array<IdempotencyKind>(4).fill("check by key"),
  ...Array<IdempotencyKind>(3).fill("check by address"),
  ...Array<IdempotencyKind>(2).fill("ban"),
  "new key",
];

/**
 * The cases of one run: of ten, four are checks of new images by a key, three checks of a known image by an address, where
 * every run costs a unit, two are bans and one makes an API key.
 * @param image a PNG that is known to the service; `list` names the list to ban in
 */
export function makeCases(count: number, callers: Callers, image: Buffer, list: string): IdempotencyCase[] {
  return Array.from({ length: count }, (_, index) => makeCase(index, callers, image, list));
}

function makeCase(index: number, { keys, addresses }: Callers, image: Buffer, list: string): IdempotencyCase {
  const kind = MIX[index % MIX.length] as IdempotencyKind;
  const once = { "Idempotency-Key": `case-${index}` };
  function send(caller: 0 | 1, mark: string): Buffer {
    const bearer = { ...once, Authorization: `Bearer ${keys[caller]}` };
    // Bytes behind the end of a PNG change its digests and nothing else.
    const own = Buffer.concat([image, Buffer.from(`#${kind} ${index}${mark}`)]);
    const picture = { "Content-Type": "image/png" };
    if (kind === "check by key") {
      return rawRequest("POST", "/v1/images/check?classify=never", { ...bearer, ...picture }, own);
    }
    if (kind === "check by address") {
      const headers = { ...once, ...picture, "X-Forwarded-For": addresses[caller] };
      return rawRequest("POST", "/v1/images/check?classify=never", headers, mark === "" ? image : own);
    }
    if (kind === "ban") return rawRequest("POST", `/v1/lists/${list}/entries`, { ...bearer, ...picture }, own);
    const fields = JSON.stringify({ name: `made once ${index}${mark}`, scopes: ["check"] });
    return rawRequest("POST", "/v1/keys", { ...bearer, "Content-Type": "application/json" }, Buffer.from(fields));
  }
  return { kind, request: send(0, ""), changed: send(0, " changed"), foreign: send(1, "") };
}

/** True for an answer that a later request with the same key repeats. */
export function isReplayed(answer: RawAnswer): boolean {
  return answer.headers.get("idempotent-replayed") === "true";
}
