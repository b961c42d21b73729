import { base62OfUint32 } from "../../src/services/ids.ts";

/** Characters of a secret without its checksum. */
const BODY = 27;

/** Finds the secrets of keys in whatever a service gave away. */
export interface SecretSearch {
  /** Makes a key's secret one of those that are looked for. */
  add(secret: string): void;
  /** How many are looked for. */
  readonly size: number;
  /** The secrets in a text, without their checksums: as they are, in base64 as HTTP Basic has them, or in hex as bytea has them. */
  findIn(text: string): string[];
}

export function createSecretSearch(): SecretSearch {
  const bodies = new Set<string>();

  function inPlain(text: string): string[] {
    const found: string[] = [];
    for (const [run] of text.matchAll(/[0-9A-Za-z]{27,}/g)) {
      for (let at = 0; at + BODY <= run.length; at++) {
        const candidate = run.slice(at, at + BODY);
        if (bodies.has(candidate)) found.push(candidate);
      }
    }
    return found;
  }

  return {
    add: (secret) => bodies.add(secret.slice(0, BODY)),
    get size() {
      return bodies.size;
    },
    findIn(text) {
      const hex = [...text.matchAll(/(?:[0-9a-f]{2}){27,}/g)].map(([run]) =>
        Buffer.from(run, "hex").toString("latin1"),
      );
      const base64 = [...text.matchAll(/[0-9A-Za-z+/]{36,}={0,2}/g)].flatMap(([run]) =>
        [0, 1, 2, 3].map((shift) => Buffer.from(run.slice(shift), "base64").toString("latin1")),
      );
      return [text, ...hex, ...base64].flatMap(inPlain);
    },
  };
}

/** A checksum of the right form, other than the one given: what a careless client sends. */
export function otherChecksum(secret: string): string {
  const other = base62OfUint32(0xabcdef01);
  return secret.slice(0, BODY) + (secret.endsWith(other) ? base62OfUint32(1) : other);
}
