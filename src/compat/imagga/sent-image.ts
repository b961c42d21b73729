import type { Context } from "hono";
import { AppError } from "../../errors.ts";
import { receiveBase64, unwrapBase64 } from "../../http/base64-image.ts";
import { type ReceivedBody, type ReceivedImage, readImageBody } from "../../http/read-body.ts";
import type { NamedImage } from "../../http/read-body-multipart.ts";
import { MAX_IMAGE_BYTES } from "../../services/image-source.ts";

/** Base64 takes four bytes for three, and lines or a `data:` URL a little more. */
const MAX_BASE64_BYTES = Math.ceil((MAX_IMAGE_BYTES * 4) / 3) + 1024 * 1024;
/** In a URL-encoded form `+`, `/` and `=` take three bytes each. */
const MAX_FORM_BYTES = MAX_BASE64_BYTES + 8 * 1024 * 1024;
const IMAGE_FIELDS = ["image", "image_base64"] as const;

/** Reads a body of v2: a form with `image` or `image_base64`, multipart or URL-encoded, or the image itself. */
export function readV2Body(c: Context): Promise<ReceivedBody> {
  return readImageBody(c, {
    maxImageBytes: MAX_BASE64_BYTES,
    imageFields: IMAGE_FIELDS,
    // Two are read to be told from one.
    maxImages: 2,
    maxTextBytes: MAX_FORM_BYTES,
    listFields: ["language"],
  });
}

/** An image of a body, by the name that it came under; what is base64 is not decoded yet. */
export interface NamedPart {
  readonly name: string;
  /** @throws AppError image_unreadable, image_empty, image_too_many_bytes */
  receive(): ReceivedImage;
}

/** The images of a body of v2: none, one, or two where the client made a mistake. */
export function sentImages({ images, fields }: ReceivedBody): NamedPart[] {
  const parts = images.map((part) => ({ name: part.field, receive: () => receivePart(part) }));
  const { image_base64: text = "" } = fields;
  if (text === "") return parts;
  const receive = () => receiveBase64(text, "image_base64", MAX_IMAGE_BYTES, "+");
  return [...parts, { name: "image_base64", receive }];
}

function receivePart({ field, image }: NamedImage): ReceivedImage {
  if (field === "image_base64") return unwrapBase64(image, field, MAX_IMAGE_BYTES);
  if (image.bytes.length > MAX_IMAGE_BYTES) {
    throw new AppError(
      "image_too_many_bytes",
      `Expected at most ${MAX_IMAGE_BYTES} bytes for image but received ${image.bytes.length}`,
      { field },
    );
  }
  return image;
}
