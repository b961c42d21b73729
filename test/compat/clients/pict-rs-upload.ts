import { exchange, type WireAnswer } from "../../support/raw-exchange.ts";

/** The file store of pict-rs reads a file in pieces of about this size, and each is a chunk of the body. */
const CHUNK_BYTES = 8192;

export interface Validated {
  readonly accepted: boolean;
  readonly answer: WireAnswer;
}

/**
 * Asks a validator as pict-rs 0.5 does (src/ingest.rs, by reqwest 0.12): the file in chunks of unknown total length, its
 * media type, and nothing of the instance's but the URL. Credentials in the URL become Basic authentication. Only the status
 * decides, and no answer at all is a no.
 * @param endpoint as in PICTRS__MEDIA__EXTERNAL_VALIDATION
 */
export async function validateUpload(endpoint: string, mediaType: string, file: Buffer): Promise<Validated> {
  const { host, port, pathname, search, username, password } = new URL(endpoint);
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  const head = [
    `POST ${pathname}${search} HTTP/1.1`,
    ...(username === "" ? [] : [`authorization: Basic ${credentials}`]),
    `content-type: ${mediaType}`,
    "accept: */*",
    "user-agent: pict-rs v0.5.0-main",
    `host: ${host}`,
    "transfer-encoding: chunked",
  ];
  const chunks: Buffer[] = [Buffer.from(`${head.join("\r\n")}\r\n\r\n`)];
  for (let at = 0; at < file.length; at += CHUNK_BYTES) {
    const chunk = file.subarray(at, at + CHUNK_BYTES);
    chunks.push(Buffer.from(`${chunk.length.toString(16).toUpperCase()}\r\n`), chunk, Buffer.from("\r\n"));
  }
  chunks.push(Buffer.from("0\r\n\r\n"));
  const [answer] = await exchange(Number(port), Buffer.concat(chunks));
  if (answer === undefined) throw new Error("The connection ended without an answer");
  return { accepted: answer.status >= 200 && answer.status <= 299, answer };
}
