import type { Context } from "hono";
import { createDigester } from "../fingerprint/digests.ts";
import { readChunks } from "./read-body-chunks.ts";
import { declaredLength, imageTooManyBytes } from "./read-body-limits.ts";
import type { ReceivedImage } from "./received-image.ts";

/**
 * Reads a body that is the image itself.
 * @throws AppError image_too_many_bytes
 */
export async function readRawImage(c: Context, maxBytes: number): Promise<ReceivedImage> {
  const declared = declaredLength(c.req.header("content-length"));
  if (declared !== null && declared > maxBytes) throw imageTooManyBytes(maxBytes, declared);
  const digester = createDigester();
  const chunks: Buffer[] = [];
  let length = 0;
  await readChunks(c, (chunk) => {
    length += chunk.length;
    if (length > maxBytes) throw imageTooManyBytes(maxBytes, null);
    digester.update(chunk);
    chunks.push(chunk);
  });
  const bytes = Buffer.concat(chunks, length);
  return { bytes, filename: null, ...digester.finish(bytes) };
}
