import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Pictures on a web server of the test's own, for surfaces that fetch by URL. */
export interface ServedPictures {
  /** `http://127.0.0.1:<port>`, without a slash at its end. */
  readonly url: string;
  /** Serves bytes at a path, query included, and gives the URL. Whatever isn't served is a 404. */
  serve(path: string, bytes: Buffer): string;
  close(): void;
}

export async function startServedPictures(): Promise<ServedPictures> {
  const pictures = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const bytes = pictures.get(request.url ?? "");
    response.statusCode = bytes === undefined ? 404 : 200;
    response.end(bytes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    serve(path, bytes) {
      pictures.set(path, bytes);
      return url + path;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
