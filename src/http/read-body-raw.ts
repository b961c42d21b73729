import type { Context } from "hono";
import { readChunks } from "./read-body-chunks.ts";
import { declaredLength, imageEmpty, imageTooManyBytes } from "./read-body-limits.ts";
import { type ReceivedImage, receiveImage } from "./received-image.ts";

/**
 * Reads a body that is the image itself.
 * @throws AppError image_too_many_bytes, image_empty
 */
export async function readRawImage(c: Context, maxBytes: number): Promise<ReceivedImage> {
  const declared = declaredLength(c.req.header("content-length"));
  if (declared !== null && declared > maxBytes) throw imageTooManyBytes(maxBytes, declared);
  const image = receiveImage();
  await readChunks(c, (chunk) => {
    if (image.length() + chunk.length > maxBytes) throw imageTooManyBytes(maxBytes, null);
    image.add(chunk);
  });
  if (image.length() === 0) throw imageEmpty();
  return image.finish(null);
}
