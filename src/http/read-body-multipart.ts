import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";
import type { Context } from "hono";
import { AppError } from "../errors.ts";
import { readChunks } from "./read-body-chunks.ts";
import {
  bodyTooLarge,
  declaredLength,
  imageEmpty,
  imageTooManyBytes,
  MAX_FIELD_BYTES,
  MAX_FIELDS,
  MAX_FILES,
  MULTIPART_OVERHEAD_BYTES,
} from "./read-body-limits.ts";
import { addField, newFields, tooManyFields } from "./read-body-text.ts";
import { type ReceivedImage, receiveImage } from "./received-image.ts";

/** An image of a form, and the name of the part it came in. */
export interface NamedImage {
  readonly field: string;
  readonly image: ReceivedImage;
}

export interface MultipartBody {
  /** In the order they came. */
  readonly images: readonly NamedImage[];
  readonly fields: Record<string, string>;
  /** Names of the file parts passed over. */
  readonly otherFiles: readonly string[];
}

/** Which parts of a form are images. */
export interface ImageParts {
  /** Largest image, and all of them together, in bytes. */
  readonly maxBytes: number;
  /** Parts of these names are images, whether or not they have a file name or a content type. */
  readonly fields: readonly string[];
  /** Whether every part with a file name is one, whatever its name. */
  readonly anyFile: boolean;
  readonly maxImages: number;
  /** Names of text fields that may come several times. */
  readonly listFields: readonly string[];
}

/**
 * Reads multipart/form-data (RFC 7578): images, files that are none and passed over, and text fields.
 *
 * @throws AppError image_too_many_bytes, image_empty, body_too_large, body_malformed
 */
export async function readMultipart(c: Context, contentType: string, parts: ImageParts): Promise<MultipartBody> {
  const { maxBytes } = parts;
  const maxTotal = maxBytes + MULTIPART_OVERHEAD_BYTES;
  const declared = declaredLength(c.req.header("content-length"));
  if (declared !== null && declared > maxTotal) throw imageTooManyBytes(maxBytes, declared);

  const parser = createParser(contentType, parts);
  const collected = collectParts(parser, parts);
  let failure: unknown;
  collected.catch((error: unknown) => {
    failure = error;
  });
  let total = 0;
  await readChunks(c, (chunk) => {
    if (failure !== undefined) throw failure;
    total += chunk.length;
    if (total > maxTotal) throw bodyTooLarge("body", maxTotal, null);
    parser.write(chunk);
  });
  parser.end();
  return collected;
}

function createParser(contentType: string, parts: ImageParts): BusboyInstance {
  const maxFiles = Math.max(MAX_FILES, parts.maxImages);
  try {
    return new Busboy({
      headers: { "content-type": quoteBoundary(contentType) },
      highWaterMark: 1024 * 1024,
      fileHwm: 1024 * 1024,
      isPartAFile: (name, type, filename) =>
        filename !== undefined || type === "application/octet-stream" || parts.fields.includes(name ?? ""),
      limits: {
        fieldSize: MAX_FIELD_BYTES,
        fields: MAX_FIELDS,
        fileSize: parts.maxBytes,
        files: maxFiles,
        parts: MAX_FIELDS + maxFiles,
        headerPairs: 32,
        headerSize: 16 * 1024,
      },
    });
  } catch (cause) {
    throw malformed("a Content-Type without a boundary", cause);
  }
}

/** A boundary with a blank in it has to be quoted (RFC 2046, section 5.1.1), and programs forget it. */
function quoteBoundary(contentType: string): string {
  return contentType.replace(
    /(;\s*boundary=)([^\s";]+[ \t][^";]*)/i,
    (_, name: string, boundary: string) => `${name}"${boundary.trimEnd()}"`,
  );
}

function collectParts(parser: BusboyInstance, parts: ImageParts): Promise<MultipartBody> {
  return new Promise((resolve, reject) => {
    const fields = newFields();
    const otherFiles: string[] = [];
    const images: NamedImage[] = [];
    let begun = 0;

    function onFile(name: string | undefined, file: BusboyFileStream, filename: string | undefined): void {
      // A part that breaks off fails the parser too; this keeps its own error from going unheard.
      file.on("error", reject);
      const isImage = name !== undefined && (parts.fields.includes(name) || (parts.anyFile && filename !== undefined));
      if (!isImage) {
        if (name !== undefined) otherFiles.push(name);
        file.resume();
        return;
      }
      if (++begun > parts.maxImages) {
        reject(tooManyImages(name, parts.maxImages));
        file.resume();
        return;
      }
      collectImage(file, filename, parts.maxBytes, reject, (image) => images.push({ field: name, image }));
    }

    function onField(name: string | undefined, value: string, _nameTruncated: boolean, truncated: boolean): void {
      if (name === undefined) return;
      if (truncated) {
        reject(bodyTooLarge(name, MAX_FIELD_BYTES, null));
        return;
      }
      try {
        addField(fields, name, value, parts.listFields);
      } catch (error) {
        reject(error);
      }
    }

    parser.on("file", onFile);
    parser.on("field", onField);
    parser.on("fieldsLimit", () => reject(tooManyFields()));
    parser.on("partsLimit", () => reject(tooManyFields()));
    parser.on("filesLimit", () =>
      reject(
        new AppError(
          "body_too_large",
          `Expected at most ${Math.max(MAX_FILES, parts.maxImages)} files for body but received more`,
        ),
      ),
    );
    parser.on("error", (cause) => reject(malformed("parts that end too early or don't parse", cause)));
    parser.on("finish", () => resolve({ images, fields, otherFiles }));
  });
}

function collectImage(
  file: BusboyFileStream,
  filename: string | undefined,
  maxBytes: number,
  reject: (error: unknown) => void,
  accept: (image: ReceivedImage) => void,
): void {
  const image = receiveImage();
  file.on("limit", () => reject(imageTooManyBytes(maxBytes, null)));
  file.on("data", (chunk: Buffer) => image.add(chunk));
  file.on("end", () => {
    if (image.length() > 0) accept(image.finish(filename?.slice(0, 255) ?? null));
    else if (filename !== "") reject(imageEmpty());
    // An empty part with an empty name is what a browser sends for a file input left blank: no image, not an empty one.
  });
}

function tooManyImages(field: string, maxImages: number): AppError {
  return maxImages === 1
    ? new AppError("body_malformed", "Expected one file for image but received two", { field })
    : new AppError("body_too_large", `Expected at most ${maxImages} images for body but received more`, { field });
}

function malformed(received: string, cause: unknown): AppError {
  return new AppError(
    "body_malformed",
    `Expected multipart/form-data for body but received ${received}`,
    {},
    { cause },
  );
}
