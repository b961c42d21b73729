import { Hono } from "hono";
import { createErrorHandler } from "../../src/http/error-handler.ts";
import { releasesBody } from "../../src/http/middleware/release-body.ts";
import { type ReadBodyOptions, readImageBody } from "../../src/http/read-body.ts";

/** What the app below answers. */
export interface Echo {
  readonly kind: string;
  readonly bytes: number | null;
  readonly digests: { readonly sha1: string; readonly sha256: string; readonly md5: string } | null;
  readonly filename: string | null;
  readonly fields: Record<string, string>;
  readonly json?: unknown;
  readonly otherFiles: readonly string[];
  readonly digest: string;
  /** Of a problem. */
  readonly code?: string;
  readonly detail?: string;
  readonly field?: string;
}

/** What the app's errors were logged as. */
export interface LoggedFailure {
  readonly level: string;
  readonly message: string;
}

/** An app that reads each body and answers with what it understood. */
export function createEchoApp(
  options: ReadBodyOptions = {},
  logged: (failure: LoggedFailure) => void = () => {},
): Hono {
  const app = new Hono();
  const log = (level: string) => (_record: unknown, message?: string) => logged({ level, message: message ?? "" });
  app.onError(createErrorHandler({ debug: log("debug"), warn: log("warn"), error: log("error") }));
  app.use(releasesBody());
  app.post("/read", async (c) => {
    const body = await readImageBody(c, options);
    const { kind, image, fields, json, otherFiles, digest } = body;
    return c.json({
      kind,
      bytes: image?.bytes.length ?? null,
      digests: (await image?.digests()) ?? null,
      filename: image?.filename ?? null,
      fields,
      json,
      otherFiles,
      digest,
    });
  });
  app.post("/json", async (c) => c.json({ json: (await readImageBody(c, { jsonOnly: true })).json }));
  app.post("/twice", async (c) => {
    const first = await readImageBody(c);
    const second = await readImageBody(c);
    return c.json({ same: first === second, again: first.kind === "json" ? await c.req.json() : null });
  });
  return app;
}

/** Bytes of a multipart body; each part is its header lines and its content. */
export function multipart(boundary: string, parts: readonly (readonly [string, string | Buffer])[]): Buffer {
  const pieces = parts.flatMap(([headers, content]) => [`--${boundary}\r\n${headers}\r\n\r\n`, content, "\r\n"]);
  return Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece)));
}
