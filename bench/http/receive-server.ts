// The peer of repeat-upload.ts: receives a body, SHA-1s it while it arrives, and answers. Nothing else.
import { createHash } from "node:crypto";
import { type HttpBindings, serve } from "@hono/node-server";
import { Hono } from "hono";

const app = new Hono<{ Bindings: HttpBindings }>();

app.post("/v1/images/check", async (c) => {
  const hash = createHash("sha1");
  const chunks: Buffer[] = [];
  for await (const chunk of c.env.incoming) {
    hash.update(chunk);
    chunks.push(chunk);
  }
  return c.json({ sha1: hash.digest("hex"), bytes: Buffer.concat(chunks).length });
});

serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
  console.log(`listens on http://127.0.0.1:${port}`);
});
