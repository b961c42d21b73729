import { exchange, type WireAnswer } from "../../support/raw-exchange.ts";

export interface Judged {
  readonly verdict: "nsfw" | "sfw";
  readonly score: number | null;
  readonly answer: WireAnswer;
}

export interface PolicySettings {
  /** `url` of `:mrf_nsfw_api`; the policy keeps its host and path. */
  readonly url: string;
  /** Lowest score to act on; the policy's default is 0.7. */
  readonly threshold?: number;
  /** Whether this Pleroma escapes the query before it is sent, as newer ones do. */
  readonly escapes?: boolean;
}

/**
 * Judges an attachment as Pleroma's NsfwApiPolicy does: the media URL appended as it is, the status not looked at, an answer
 * without a score taken for safe.
 */
export async function judgeAttachment(
  { url, threshold = 0.7, escapes = false }: PolicySettings,
  mediaUrl: string,
): Promise<Judged> {
  const { host, port, pathname } = new URL(url);
  const path = `${pathname.replace(/\/+$/, "")}/`;
  const query = `url=${mediaUrl}`;
  const head = [
    `GET ${path}?${escapes ? escaped(query) : query} HTTP/1.1`,
    `Host: ${host}`,
    "User-Agent: Pleroma 2.9.1; https://pleroma.example <admin@pleroma.example>",
  ];
  const [answer] = await exchange(Number(port), `${head.join("\r\n")}\r\n\r\n`);
  if (answer === undefined) throw new Error("The connection ended without an answer");
  const { score = null } = JSON.parse(answer.body) as { readonly score?: number };
  return { verdict: score !== null && score >= threshold ? "nsfw" : "sfw", score, answer };
}

/** Taken apart into a map and put together in the order of its keys, as Elixir's URI.decode_query and encode_query do. */
function escaped(query: string): string {
  const parameters = Object.fromEntries(new URLSearchParams(query));
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return new URLSearchParams(sorted).toString();
}
