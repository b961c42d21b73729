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

export interface MultipartBody {
  readonly image: ReceivedImage | null;
  readonly fields: Record<string, string>;
  /** Names of the file parts passed over. */
  readonly otherFiles: readonly string[];
}

/**
 * Reads multipart/form-data (RFC 7578): one part of a name in `imageFields` is the image, whether or not it has a file
 * name or a content type; other files are passed over; everything else is a text field.
 *
 * @param maxBytes the largest image, in bytes
 * @throws AppError image_too_many_bytes, image_empty, body_too_large, body_malformed
 */
export async function readMultipart(
  c: Context,
  contentType: string,
  maxBytes: number,
  imageFields: readonly string[],
): Promise<MultipartBody> {
  const maxTotal = maxBytes + MULTIPART_OVERHEAD_BYTES;
  const declared = declaredLength(c.req.header("content-length"));
  if (declared !== null && declared > maxTotal) throw imageTooManyBytes(maxBytes, declared);

  const parser = createParser(contentType, maxBytes, imageFields);
  const collected = collectParts(parser, maxBytes, imageFields);
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

function createParser(contentType: string, maxBytes: number, imageFields: readonly string[]): BusboyInstance {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      highWaterMark: 1024 * 1024,
      fileHwm: 1024 * 1024,
      isPartAFile: (name, type, filename) =>
        filename !== undefined || type === "application/octet-stream" || imageFields.includes(name ?? ""),
      limits: {
        fieldSize: MAX_FIELD_BYTES,
        fields: MAX_FIELDS,
        fileSize: maxBytes,
        files: MAX_FILES,
        parts: MAX_FIELDS + MAX_FILES,
        headerPairs: 32,
        headerSize: 16 * 1024,
      },
    });
  } catch (cause) {
    throw malformed("a Content-Type without a boundary", cause);
  }
}

function collectParts(
  parser: BusboyInstance,
  maxBytes: number,
  imageFields: readonly string[],
): Promise<MultipartBody> {
  return new Promise((resolve, reject) => {
    const fields = newFields();
    const otherFiles: string[] = [];
    let image: ReceivedImage | null = null;
    let images = 0;

    function onFile(name: string | undefined, file: BusboyFileStream, filename: string | undefined): void {
      // A part that breaks off fails the parser too; this keeps its own error from going unheard.
      file.on("error", reject);
      if (name === undefined || !imageFields.includes(name)) {
        if (name !== undefined) otherFiles.push(name);
        file.resume();
        return;
      }
      if (++images > 1) {
        reject(new AppError("body_malformed", "Expected one file for image but received two", { field: name }));
        file.resume();
        return;
      }
      collectImage(file, filename, maxBytes, reject, (received) => {
        image = received;
      });
    }

    function onField(name: string | undefined, value: string, _nameTruncated: boolean, truncated: boolean): void {
      if (name === undefined) return;
      if (truncated) {
        reject(bodyTooLarge(name, MAX_FIELD_BYTES, null));
        return;
      }
      try {
        addField(fields, name, value);
      } catch (error) {
        reject(error);
      }
    }

    parser.on("file", onFile);
    parser.on("field", onField);
    parser.on("fieldsLimit", () => reject(tooManyFields()));
    parser.on("partsLimit", () => reject(tooManyFields()));
    parser.on("filesLimit", () =>
      reject(new AppError("body_too_large", `Expected at most ${MAX_FILES} files for body but received more`)),
    );
    parser.on("error", (cause) => reject(malformed("parts that end too early or don't parse", cause)));
    parser.on("finish", () => resolve({ image, fields, otherFiles }));
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

function malformed(received: string, cause: unknown): AppError {
  return new AppError(
    "body_malformed",
    `Expected multipart/form-data for body but received ${received}`,
    {},
    { cause },
  );
}
