import { createServer } from "node:http";

/** An HTTP origin on the loopback that serves pictures by their path and query. */
export interface PictureOrigin {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Paths asked for so far, each with its query. */
  readonly asked: readonly string[];
  /** Serves bytes at a path from now on and returns the whole URL; null accepts the request and never answers. */
  serve(path: string, bytes: Buffer | null): string;
  close(): Promise<void>;
}

export async function startPictureOrigin(): Promise<PictureOrigin> {
  const served = new Map<string, Buffer | null>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const bytes = served.get(path);
    if (bytes === null) return;
    response.statusCode = bytes === undefined ? 404 : 200;
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  return {
    url,
    asked,
    serve(path, bytes) {
      served.set(path, bytes);
      return url + path;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
