import type { Context } from "hono";
import { AppError } from "../../errors.ts";
import { readImageBody } from "../../http/read-body.ts";
import type { ReceivedImage } from "../../http/received-image.ts";

/** The picture of a request: its bytes, or where to fetch them. */
export type Picture = ReceivedImage | { readonly url: string };

/**
 * Reads `{"DataRepresentation": "URL", "Value"}`, or the picture itself: the vendor's client says `image/gif` of whatever it
 * sends.
 * @throws AppError image_missing, parameter_invalid; what is wrong with the body
 */
export async function readPicture(c: Context): Promise<Picture> {
  const body = await readImageBody(c, { rawOfAnyType: true });
  if (body.image !== null) return body.image;
  if (typeof body.json !== "object" || body.json === null) {
    throw new AppError("image_missing", "Expected an image, or JSON with its URL, for body but received neither");
  }
  const { DataRepresentation: form = "URL", Value: url } = body.json as Readonly<Record<string, unknown>>;
  if (typeof form !== "string" || form.toUpperCase() !== "URL") {
    throw new AppError("parameter_invalid", "Expected URL for DataRepresentation but received another value", {
      field: "DataRepresentation",
    });
  }
  if (typeof url === "string") return { url };
  throw new AppError("parameter_invalid", "Expected the URL of an image for Value but received no text", {
    field: "Value",
  });
}
