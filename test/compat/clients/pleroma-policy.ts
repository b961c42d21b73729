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
  /**
   * How this Pleroma escapes the query before it is sent, where it does: in the order of its parameters (lib/pleroma/utils/
   * uri_encoding.ex), or, somewhat older, by their names (encode_url of lib/pleroma/http.ex).
   */
  readonly escapes?: "in order" | "by name";
}

/**
 * Judges an attachment as Pleroma's NsfwApiPolicy does: the media URL appended as it is, the status not looked at, an answer
 * without a score taken for safe.
 */
export async function judgeAttachment(
  { url, threshold = 0.7, escapes }: PolicySettings,
  mediaUrl: string,
): Promise<Judged> {
  const { host, port, pathname } = new URL(url);
  const path = `${pathname.replace(/\/+$/, "")}/`;
  const query = `url=${mediaUrl}`;
  const head = [
    `GET ${path}?${escapes === undefined ? query : escaped(query, escapes)} HTTP/1.1`,
    `Host: ${host}`,
    "User-Agent: Pleroma 2.9.1; https://pleroma.example <admin@pleroma.example>",
  ];
  const [answer] = await exchange(Number(port), `${head.join("\r\n")}\r\n\r\n`);
  if (answer === undefined) throw new Error("The connection ended without an answer");
  const { score = null } = JSON.parse(answer.body) as { readonly score?: number };
  return { verdict: score !== null && score >= threshold ? "nsfw" : "sfw", score, answer };
}

/** Taken apart into parameters and put together again, each escaped; by name they go through a map, which keeps one of each. */
function escaped(query: string, escapes: "in order" | "by name"): string {
  const parameters = new URLSearchParams(query);
  if (escapes === "in order") return parameters.toString();
  const sorted = Object.entries(Object.fromEntries(parameters)).sort(([a], [b]) => (a < b ? -1 : 1));
  return new URLSearchParams(sorted).toString();
}
