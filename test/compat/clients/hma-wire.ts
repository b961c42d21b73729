import { exchange, type WireAnswer } from "../../support/raw-exchange.ts";

/** Requests byte for byte as clients written in Ruby and Go put them on the wire. */
export interface WireClient {
  get(path: string, query?: Readonly<Record<string, string>>): Promise<WireAnswer>;
  post(path: string, body: Buffer, contentType: string | null): Promise<WireAnswer>;
  /** A form whose first part is a file. */
  postFile(path: string, field: string, file: Buffer, metadata?: object): Promise<WireAnswer>;
}

/**
 * The Ruby gem hasher_matcher_actioner_api 0.4.2 (fetlife), on Faraday 2.14 and Net::HTTP: parameters in the order of their
 * names, every part of a form with its length and `Content-Transfer-Encoding`.
 * @param baseUrl credentials in it become Basic authentication
 */
export function gemClient(baseUrl: string): WireClient {
  const { port, host, username, password } = new URL(baseUrl);
  const basic = Buffer.from(`${username}:${password}`).toString("base64");
  const common = [
    ...(username === "" ? [] : [`Authorization: Basic ${basic}`]),
    "User-Agent: Faraday v2.14.0",
    "Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
    "Accept: */*",
    "Connection: close",
    `Host: ${host}`,
  ];
  const client: WireClient = {
    get: (path, query = {}) => send(port, `GET ${path}${sortedQuery(query)} HTTP/1.1`, common),
    post: (path, body, contentType) =>
      send(
        port,
        `POST ${path} HTTP/1.1`,
        [
          ...common,
          ...(contentType === null ? [] : [`Content-Type: ${contentType}`]),
          `Content-Length: ${body.length}`,
        ],
        body,
      ),
    postFile(path, field, file, metadata) {
      const boundary = "-----------RubyMultipartPost-0c6feacbe17921d562a9946606263c85";
      const parts = [
        `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="image-in-hash-db.jpg"\r\n`,
        `Content-Length: ${file.length}\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: binary\r\n\r\n`,
        file,
        ...(metadata === undefined
          ? []
          : [`\r\n--${boundary}\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n`, JSON.stringify(metadata)]),
        `\r\n--${boundary}--\r\n`,
      ];
      const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
      return client.post(path, body, `multipart/form-data; boundary=${boundary}`);
    },
  };
  return client;
}

/** The scanner of policyserv (matrix-org), on Go's net/http: a Bearer key, and a file called `x`. */
export function policyservClient(baseUrl: string, apiKey: string): WireClient {
  const { port, host } = new URL(baseUrl);
  const common = [`Host: ${host}`, "User-Agent: Go-http-client/1.1", `Authorization: Bearer ${apiKey}`];
  const client: WireClient = {
    get(path, query = {}) {
      const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
      return send(port, `GET ${path}?${parameters.join("&")} HTTP/1.1`, [...common, "Accept-Encoding: gzip"]);
    },
    post: (path, body, contentType) =>
      send(
        port,
        `POST ${path} HTTP/1.1`,
        [...common, `Content-Length: ${body.length}`, `Content-Type: ${contentType}`, "Accept-Encoding: gzip"],
        body,
      ),
    postFile(path, field, file) {
      const boundary = "6d1d2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4";
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="x"\r\nContent-Type: application/octet-stream\r\n\r\n`;
      const body = Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]);
      return client.post(path, body, `multipart/form-data; boundary=${boundary}`);
    },
  };
  return client;
}

function sortedQuery(query: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0 ? "" : `?${new URLSearchParams(sorted)}`;
}

async function send(
  port: string,
  firstLine: string,
  headers: readonly string[],
  body: Buffer = Buffer.alloc(0),
): Promise<WireAnswer> {
  const head = `${[firstLine, ...headers].join("\r\n")}\r\n\r\n`;
  const [answer] = await exchange(Number(port), Buffer.concat([Buffer.from(head), body]));
  if (answer === undefined) throw new Error("The connection ended without an answer");
  return answer;
}
