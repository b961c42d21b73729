// The peer of look-ups.ts: hono and one prepared select, nothing else. Same server library, pool size and connection.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 16 });
const app = new Hono();

app.get("/v1/hashes/sha1/:value", async (c) => {
  const result = await pool.query({
    name: "bare",
    text: "select id::text, model, scores from image where sha1 = $1",
    values: [Buffer.from(c.req.param("value"), "hex")],
  });
  return c.json({ known: result.rows.length > 0, image: result.rows[0] ?? null });
});

serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
  console.log(`listens on http://127.0.0.1:${port}`);
});
